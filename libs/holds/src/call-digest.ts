import { createHash } from 'node:crypto';
import type { HeldCall } from '@drawbridge/contracts';

/** How each part of a call is written; a new part must say so here. */
const parts: Readonly<Record<keyof HeldCall, (call: HeldCall) => string>> = {
  connection: ({ connection }) => connection,
  grantId: ({ grantId }) => grantId,
  agent: ({ agent: { issuer, subject } }) => JSON.stringify([issuer, subject]),
  policyVersion: ({ policyVersion }) => policyVersion,
  rule: ({ rule }) => rule,
  method: ({ method }) => method,
  path: ({ path }) => path,
  query: ({ query }) => query,
  verb: ({ verb }) => verb,
  apiGroup: ({ apiGroup }) => apiGroup,
  resource: ({ resource }) => resource,
  subresource: ({ subresource }) => subresource,
  namespace: ({ namespace }) => namespace,
  name: ({ name }) => name,
  contentType: ({ contentType }) => contentType,
  bodySha256: ({ bodySha256 }) => bodySha256,
  resourceVersion: ({ resourceVersion }) => resourceVersion,
};
const inOrder = Object.entries(parts);

/**
 * What an approver approves: SHA-256 (hex) of the canonical call. Each part is written with its name and length,
 * so that no two calls are written alike.
 */
export function callDigest(call: HeldCall): string {
  const hash = createHash('sha256').update('drawbridge held call 1\n');
  for (const [name, write] of inOrder) {
    const value = write(call);
    hash.update(`${name} ${Buffer.byteLength(value)} ${value}\n`);
  }
  return hash.digest('hex');
}

/** For `bodySha256` of a call that has a body. */
export const bodySha256 = (body: Uint8Array): string =>
  createHash('sha256').update(body).digest('hex');

export interface HoldIdentity {
  readonly grantId: string;
  readonly digest: string;
  /** How many holds the same call had under the same grant before. */
  readonly generation: number;
}

/** The id of a hold: the same for the same call, on every replica; a UUID of version 8. */
export function holdIdOf({ grantId, digest, generation }: HoldIdentity): string {
  const hash = createHash('sha256').update(`drawbridge hold ${grantId} ${digest} ${generation}`);
  const hex = hash.digest('hex');
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    `8${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ].join('-');
}

/** Whether an event says of a call what its id and digest say: what is shown is what would be let through. */
export const isGenuineHold = (
  holdId: string,
  { call, digest, generation }: { call: HeldCall; digest: string; generation: number },
): boolean =>
  callDigest(call) === digest && holdIdOf({ grantId: call.grantId, digest, generation }) === holdId;
