import type { Principal } from '@drawbridge/contracts';

/** Whether somebody is in one of `ADMIN_GROUPS`. */
export type IsAdmin = (human: Principal) => boolean;

/** Provides {@link IsAdmin}. */
export const IS_ADMIN = Symbol('is admin');
