import { CredentialFailure, systemCode } from '../credential-failure.js';

/** Their messages quote the signed request, and with it the session token. */
const quoting = /signature/i;
const MAX_MESSAGE = 300;

/**
 * What may be told of a failed call to AWS: the operation, AWS's code and, where it quotes nothing, its message.
 * The SDK's own error holds the whole answer and is never passed on.
 */
export function awsFailure(operation: string, error: unknown): CredentialFailure {
  if (error instanceof CredentialFailure) return error;
  const status = statusOf(error);
  if (!(error instanceof Error)) return new CredentialFailure(`${operation} failed`);
  if (status === undefined) {
    return new CredentialFailure(`${operation} failed (${error.name}, ${systemCode(error)})`);
  }
  const message = quoting.test(error.name) ? '' : `: ${plain(error.message)}`;
  return new CredentialFailure(`${operation} failed (${plain(error.name)}, ${status})${message}`);
}

function statusOf(error: unknown): number | undefined {
  const metadata: unknown =
    typeof error === 'object' && error !== null ? Reflect.get(error, '$metadata') : undefined;
  const status: unknown =
    typeof metadata === 'object' && metadata !== null
      ? Reflect.get(metadata, 'httpStatusCode')
      : undefined;
  return typeof status === 'number' ? status : undefined;
}

const plain = (text: string): string => text.replaceAll(/[^ -~]+/g, ' ').slice(0, MAX_MESSAGE);
