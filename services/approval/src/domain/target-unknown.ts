import { AppError } from '@drawbridge/kernel';

/** Why bridges were not raised though somebody may: nobody has ever heard of what is meant. */
export type TargetRefusal = 'connection_unknown' | 'agent_unknown';

export class TargetUnknown extends AppError<TargetRefusal> {}
