import { CallRefused } from '../domain/call-refused.js';

/** By what it goes on the record. */
export const codeOf = (error: Error): string =>
  error instanceof CallRefused ? error.code : 'internal_error';

/** Whatever was thrown, as something that has a cause. */
export const asError = (error: unknown): Error =>
  error instanceof Error ? error : new Error('not transformed', { cause: error });
