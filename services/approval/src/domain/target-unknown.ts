import { AppError } from '@drawbridge/kernel';

/** Why nothing was stopped though somebody may: there is no such thing, or it is over. */
export type TargetRefusal = 'connection_unknown' | 'agent_unknown' | 'session_not_running';

export class TargetUnknown extends AppError<TargetRefusal> {}
