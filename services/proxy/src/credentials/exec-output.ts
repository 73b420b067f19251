import type { CredentialOfType } from '@drawbridge/contracts';
import { z } from 'zod';
import { bearerHeaders } from './bearer-token-credential.js';
import { ClientTlsPair } from './client-tls-pair.js';
import type { CredentialHeaders } from './credential.js';
import { CredentialFailure } from './credential-failure.js';

type ExecApiVersion = CredentialOfType<'exec'>['apiVersion'];

/** What a credential plugin gave: a token, a client certificate, or both. */
export interface ExecCredential {
  readonly headers: CredentialHeaders;
  readonly tls: ClientTlsPair | undefined;
  /** Absent: good until the cluster refuses it. */
  readonly expiresAt: Date | undefined;
}

const Status = z
  .strictObject({
    token: z.string().min(1).optional(),
    clientCertificateData: z.string().min(1).optional(),
    clientKeyData: z.string().min(1).optional(),
    expirationTimestamp: z.iso.datetime({ offset: true }).nullish(),
  })
  .refine((status) => status.token !== undefined || status.clientCertificateData !== undefined)
  .refine(
    (status) =>
      (status.clientCertificateData === undefined) === (status.clientKeyData === undefined),
  );

/**
 * Reads the `ExecCredential` that a plugin wrote.
 *
 * @throws {@link CredentialFailure} that names the bad field, never what stood in it
 * @see https://kubernetes.io/docs/reference/config-api/client-authentication.v1/
 */
export function readExecOutput(text: string, apiVersion: ExecApiVersion): ExecCredential {
  const schema = z.object({
    apiVersion: z.literal(apiVersion),
    kind: z.literal('ExecCredential'),
    status: Status,
  });
  const parsed = schema.safeParse(parseJson(text));
  if (!parsed.success) throw unreadable(parsed.error);
  const { token, clientCertificateData, clientKeyData, expirationTimestamp } = parsed.data.status;
  return {
    headers: token === undefined ? [] : bearerHeaders(token),
    tls:
      clientCertificateData === undefined
        ? undefined
        : new ClientTlsPair(clientCertificateData, clientKeyData ?? ''),
    expiresAt: expirationTimestamp == null ? undefined : new Date(expirationTimestamp),
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The error of the parser quotes the text.
    throw new CredentialFailure('expected an ExecCredential in JSON from the plugin');
  }
}

const known = new Set(['apiVersion', 'kind', 'status', 'token', 'expirationTimestamp']);

/** Names of fields that are not known may be anything, a token too. */
function unreadable({ issues }: z.ZodError): CredentialFailure {
  const fields = issues.map(({ path }) =>
    path.every((part) => known.has(String(part)) || /^client\w+Data$/.test(String(part)))
      ? path.join('.')
      : '',
  );
  const where = [...new Set(fields)].filter((field) => field !== '').join(', ');
  return new CredentialFailure(`the plugin's ExecCredential is not as expected at ${where || '.'}`);
}
