import { AppError } from '@drawbridge/kernel';

/** Why bridges were not raised though somebody may: there is no such connection. */
export type TargetRefusal = 'connection_unknown';

export class TargetUnknown extends AppError<TargetRefusal> {}
