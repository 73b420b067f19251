import { AppError } from '@drawbridge/kernel';

/** Why bridges are neither raised nor released. Closed list; each stands in `docs/errors.md`. */
export type StopRefusal = 'admins_only';

/** Nothing was appended. The message may be shown to who asked. */
export class StopRefused extends AppError<StopRefusal> {}
