import { AppError } from '@drawbridge/kernel';

/**
 * `command_unknown`: the record has no such command, or not yet, or not for this caller. `proof_unavailable`: it cannot
 * be proved, or not yet. `proof_too_far`: not to the checkpoint that was asked for.
 */
export class ProofUnavailable extends AppError<
  'command_unknown' | 'proof_unavailable' | 'proof_too_far'
> {}
