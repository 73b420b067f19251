import { AccessRequestView } from '@drawbridge/contracts';
import { z } from 'zod';
import { safeAddress } from '../api/safe-address.js';
import { CliError } from '../cli-error.js';
import type { AgentKey } from '../profile/agent-key.js';
import { readPrivateFile, writePrivateFile } from '../profile/private-file.js';
import { Session } from '../session.js';
import type { Terminal } from '../terminal.js';
import { certificateRequest } from './certificate-request.js';

const TIMEOUT_MS = 10_000;
/** A certificate that a call begins with must last longer than its handshake. */
const MARGIN_MS = 5_000;

const GrantCertificate = z.object({
  /** PEM. */
  certificate: z.string(),
  thumbprint: z.string(),
  expiresAt: z.string(),
});
/** A client certificate for the key of a profile: of use for every open grant that is bound to it. */
export type GrantCertificate = z.infer<typeof GrantCertificate>;

export interface CertificateWish {
  readonly terminal: Terminal;
  readonly profile: string;
  readonly key: AgentKey;
  readonly token: string;
}

/**
 * The client certificate of the profile's key, from the cache or from the gateway; `undefined` when no open grant is
 * bound to it.
 *
 * @throws CliError `certificate_not_issued` and what calling the ingress may throw
 */
export async function grantCertificate(
  wish: CertificateWish,
): Promise<GrantCertificate | undefined> {
  const { terminal, profile, key } = wish;
  const session = new Session(terminal, { profile });
  const cached = await readCached(session.paths.certificate);
  const isUsable =
    cached?.thumbprint === key.thumbprint &&
    Date.parse(cached.expiresAt) - MARGIN_MS > terminal.clock().getTime();
  if (isUsable) return cached;
  const grant = await boundGrant(session, key);
  if (grant === undefined) return undefined;
  const certificate = await issued(session, grant.id, wish);
  const made = { certificate, thumbprint: key.thumbprint, expiresAt: grant.endsAt };
  await writePrivateFile(session.paths.certificate, `${JSON.stringify(made)}\n`);
  return made;
}

async function readCached(file: string): Promise<GrantCertificate | undefined> {
  const text = await readPrivateFile(file);
  if (text === undefined) return undefined;
  try {
    return GrantCertificate.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

/** Of the open grants that are bound to the key the one that ends last. */
async function boundGrant(session: Session, { thumbprint }: AgentKey) {
  const api = await session.ingress();
  const { items } = await api.call({
    path: '/v1/access-requests',
    query: { status: 'granted', limit: '100' },
    answer: z.object({ items: z.array(AccessRequestView) }),
  });
  const [last] = items
    .filter(({ terms }) => terms?.keyThumbprint === thumbprint)
    .flatMap(({ grant }) => grant ?? [])
    .toSorted((one, other) => Date.parse(other.endsAt) - Date.parse(one.endsAt));
  return last;
}

async function issued(session: Session, grantId: string, wish: CertificateWish): Promise<string> {
  const { gateway, gatewayCertificateAuthority } = await session.discovery();
  const base = safeAddress(gateway, 'gateway');
  const [{ Agent, fetch }, { rootCertificates }] = await Promise.all([
    import('undici'),
    import('node:tls'),
  ]);
  const own = gatewayCertificateAuthority === undefined ? [] : [gatewayCertificateAuthority];
  const dispatcher = new Agent({ connect: { ca: [...rootCertificates, ...own] } });
  try {
    const answer = await fetch(new URL(`/grants/${grantId}/certificate`, base), {
      method: 'POST',
      headers: { authorization: `Bearer ${wish.token}`, 'content-type': 'application/pkcs10' },
      body: certificateRequest(wish.key),
      redirect: 'manual',
      signal: AbortSignal.any([wish.terminal.interrupted, AbortSignal.timeout(TIMEOUT_MS)]),
      dispatcher,
    });
    const text = await answer.text();
    if (answer.status === 201) return text;
    const code = answer.headers.get('drawbridge-refusal') ?? `status ${answer.status}`;
    throw new CliError('certificate_not_issued', `the gateway gave no certificate: ${code}`);
  } catch (cause) {
    if (cause instanceof CliError) throw cause;
    const message = `${base.origin} cannot be reached for a certificate`;
    throw new CliError('server_unreachable', message, { cause });
  } finally {
    await dispatcher.close();
  }
}
