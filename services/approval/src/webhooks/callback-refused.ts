import { AppError } from '@drawbridge/kernel';

/** Why a callback of a ticket system is not taken. Closed list; each stands in `docs/errors.md`. */
export type CallbackRefusal =
  'callback_signature_invalid' | 'callback_too_old' | 'callback_unreadable' | 'too_many_callbacks';

/** A callback is refused; nothing was appended. Whoever did not sign hears of no other reason than that. */
export class CallbackRefused extends AppError<CallbackRefusal> {}
