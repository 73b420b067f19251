import type { LoggerService } from '@nestjs/common';
import type { Principal } from '@drawbridge/contracts';
import type { Clock } from '@drawbridge/kernel';
import type { Verifier } from '../chain/authenticate.js';
import type { Exchange, Step } from '../chain/exchange.js';
import { checkReady, type Readiness } from '../chain/require-ready.js';
import { isUsable } from '../domain/authorize.js';
import type { CallOutcome } from '../domain/call-outcome.js';
import { CallRefused } from '../domain/call-refused.js';
import type { OpenGrant, OpenGrants } from '../domain/open-grants.js';
import { checkRequestHead } from '../domain/request-head.js';
import type { GatewayHosts } from '../gateway-hosts.js';
import type { ClientRequest } from '../listener/client-exchange.js';
import { CertificateRate } from './certificate-rate.js';
import type { ClientAuthority } from './client-authority.js';

const PREFIX = '/grants/';
const TARGET = /^\/grants\/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\/certificate$/;
const MAX_REQUEST_BYTES = 8_192;
const CREATED = 201;

export interface CertificateParts {
  readonly authority: ClientAuthority | undefined;
  readonly hosts: Pick<GatewayHosts, 'has' | 'connectionOf'>;
  readonly readiness: Readiness;
  readonly verifier: Verifier;
  readonly grants: Pick<OpenGrants, 'withId'>;
  readonly clock: Clock;
  readonly logger: LoggerService;
}

/**
 * `POST /grants/<id>/certificate`: gives the client certificate for a grant that is bound to a key. Everything else
 * passes. Host names of connections have no such path: theirs are the cluster's.
 */
export const issueCertificate = (parts: CertificateParts): Step<Exchange, Exchange> => {
  const rate = new CertificateRate();
  return (next) => (exchange) => {
    const { request } = exchange;
    if (!request.target.startsWith(PREFIX)) return next(exchange);
    const host = checkRequestHead(request, parts.hosts);
    const isOwn = host !== undefined && parts.hosts.connectionOf(host) === undefined;
    return isOwn ? issue(parts, rate, exchange) : next(exchange);
  };
};

async function issue(
  parts: CertificateParts,
  rate: CertificateRate,
  exchange: Exchange,
): Promise<CallOutcome> {
  const { request, answer, awaitsContinue } = exchange;
  const grantId = grantOf(exchange);
  checkReady(parts.readiness);
  const { principal } = await parts.verifier.verify(request.headers.value('authorization'));
  exchange.facts.agent = principal;
  if (!rate.take(principal, parts.clock().getTime())) {
    throw new CallRefused('too_many_requests', 'expected at most ten certificates a minute');
  }
  if (parts.authority === undefined) throw authorityMissing();
  if (awaitsContinue) answer.writeContinue();
  const body = await read(request);
  // Behind all that was waited for: the grant may have ended meanwhile.
  const { grant, thumbprint, now } = boundGrant(parts, principal, grantId);
  // Loaded only where somebody wants one: most gateways never sign anything.
  const { signRequest } = await import('./sign-request.js');
  const endsAt = new Date(grant.endsAtMs);
  const wish = { request: body.toString('latin1'), grantId, thumbprint, now, endsAt };
  const certificate = await signRequest(parts.authority, wish);
  parts.logger.log({ msg: 'client certificate issued', grantId, commandId: exchange.commandId });
  return send(exchange, certificate, body.length);
}

/** @throws {@link CallRefused} unless it asks for a certificate as one does */
function grantOf({ request, upgrade }: Exchange): string {
  const [, grantId] = TARGET.exec(request.target) ?? [];
  if (grantId === undefined) {
    throw new CallRefused('path_unknown', 'expected the path /grants/<id>/certificate');
  }
  if (upgrade !== undefined) {
    throw new CallRefused('upgrade_unsupported', 'this call is served over plain HTTP only');
  }
  if (request.method !== 'POST') {
    throw new CallRefused('method_not_supported', 'a certificate is asked for with POST');
  }
  return grantId;
}

/** Whose it is not learns no more than that they have none. */
function boundGrant(
  { grants, clock }: CertificateParts,
  { issuer, subject, groups, run }: Principal,
  grantId: string,
): { grant: OpenGrant; thumbprint: string; now: Date } {
  const now = clock();
  const grant = grants.withId(grantId);
  const isOwn = grant?.issuer === issuer && grant.subject === subject;
  const thumbprint = grant?.keyThumbprint;
  if (!isOwn || thumbprint === undefined || !isUsable(grant, { now, groups, run }, thumbprint)) {
    throw new CallRefused('no_grant', 'you have no open grant of this id that is bound to a key');
  }
  return { grant, thumbprint, now };
}

async function read(request: ClientRequest): Promise<Buffer> {
  if ((request.announced?.length ?? 0) > MAX_REQUEST_BYTES) throw tooLarge();
  if (request.announced === undefined) return Buffer.alloc(0);
  const chunks: Uint8Array[] = [];
  let total = 0;
  // The connection carries our answer too, so it must outlive a body that is not read to its end.
  for await (const chunk of request.body.iterator({ destroyOnReturn: false })) {
    const bytes: unknown = chunk;
    if (!(bytes instanceof Uint8Array)) throw new TypeError('a request body must be read as bytes');
    total += bytes.length;
    if (total > MAX_REQUEST_BYTES) throw tooLarge();
    chunks.push(bytes);
  }
  return Buffer.concat(chunks);
}

function send({ answer, commandId }: Exchange, certificate: string, bytes: number): CallOutcome {
  answer.writeHead(CREATED, {
    'audit-id': commandId,
    'cache-control': 'no-store',
    'content-length': Buffer.byteLength(certificate),
    'content-type': 'application/x-pem-file',
    'x-content-type-options': 'nosniff',
  });
  answer.end(certificate);
  const responseBytes = Buffer.byteLength(certificate);
  return { outcome: 'completed', statusCode: CREATED, requestBytes: bytes, responseBytes };
}

const tooLarge = () =>
  new CallRefused('body_too_large', `expected at most ${MAX_REQUEST_BYTES} bytes`);

const authorityMissing = () =>
  new CallRefused(
    'client_authority_missing',
    'this gateway issues no client certificates: it has no authority for them',
  );
