import { readFile } from 'node:fs/promises';
import type { DrawbridgeDiscovery, IssuerDocument } from '@drawbridge/contracts';
import type { IdentityConfig } from './config.js';
import { IngressRefused } from './ingress-refused.js';

/**
 * What clients are told about this Drawbridge. The gateway's CA is read anew each time, since it may be
 * renewed while we run.
 *
 * @throws `discovery_unavailable` when it cannot be read: clients must not go on with a half answer
 */
export async function discover(
  config: IdentityConfig,
  ingress: string,
  issuers: readonly IssuerDocument[],
): Promise<DrawbridgeDiscovery> {
  const certificate = await gatewayCertificateAuthority(config.GATEWAY_CA_FILE);
  return {
    ingress,
    approvals: config.APPROVALS_URL,
    audit: config.AUDIT_URL,
    gateway: config.GATEWAY_URL,
    ...(certificate === undefined ? {} : { gatewayCertificateAuthority: certificate }),
    issuers: issuers.map(({ spec }) => loginOf(spec)),
  };
}

function loginOf({
  issuer,
  audiences: [audience = ''],
  login,
}: IssuerDocument['spec']): DrawbridgeDiscovery['issuers'][number] {
  return {
    issuer,
    audience,
    ...(login === undefined ? {} : { deviceClientId: login.deviceClientId, scope: login.scope }),
  };
}

async function gatewayCertificateAuthority(file: string | undefined): Promise<string | undefined> {
  if (file === undefined) return undefined;
  try {
    return onlyCertificates(await readFile(file, 'utf8'));
  } catch (cause) {
    const message = 'the certificate authority of the gateway cannot be read';
    throw new IngressRefused('discovery_unavailable', message, { cause });
  }
}

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----/g;

/** The answer is public: whatever else stands in the file, a private key above all, stays there. */
function onlyCertificates(pem: string): string {
  const certificates = pem.match(CERTIFICATE);
  if (certificates === null) throw new Error('the file holds no certificate');
  return `${certificates.join('\n')}\n`;
}
