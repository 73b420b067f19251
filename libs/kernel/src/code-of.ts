import { AppError } from './app-error.js';

/** The code of an expected failure; `undefined` for anything else, which is a fault of ours. */
export function codeOf(error: unknown): string | undefined {
  if (!(error instanceof AppError)) return undefined;
  // `instanceof` leaves the type parameter open; the class fixes it to a string.
  const code: unknown = error.code;
  return typeof code === 'string' ? code : undefined;
}
