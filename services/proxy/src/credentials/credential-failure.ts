import { CallRefused } from '../domain/call-refused.js';

/**
 * Why a credential could not be had, in words for the gateway's log: what was asked and what came back, never a
 * byte of a credential, of a plugin's output or of a signed request.
 */
export class CredentialFailure extends Error {
  override readonly name = 'CredentialFailure';
}

/** What the caller is told; the cause goes to the log. */
export function credentialUnavailable(connection: string, cause: unknown): CallRefused {
  return new CallRefused(
    'credential_unavailable',
    `the gateway has no credential for connection ${connection} at the moment`,
    { cause },
  );
}

/** The value or, when it has to be waited for, a promise whose failure is the refusal of the call. */
export function orRefuse<Value>(
  value: Value | Promise<Value>,
  connection: string,
): Value | Promise<Value> {
  if (!(value instanceof Promise)) return value;
  return value.catch((cause: unknown) => {
    throw credentialUnavailable(connection, cause);
  });
}

/** The code of a system error, e.g. `ENOENT`: its message would name what must not be told. */
export function systemCode(error: unknown): string {
  const code: unknown =
    typeof error === 'object' && error !== null ? Reflect.get(error, 'code') : undefined;
  return typeof code === 'string' && /^[A-Z][A-Z0-9_]{1,40}$/.test(code) ? code : 'unknown error';
}
