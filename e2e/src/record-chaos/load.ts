import { createHash } from 'node:crypto';
import { PassThrough } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { Exec, KubeConfig } from '@kubernetes/client-node';
import type { Composition } from '../composition.js';
import { callGateway } from '../gateway-client.js';

export const sha256 = (bytes: string | Uint8Array): string =>
  createHash('sha256').update(bytes).digest('hex');

const DEPLOYMENT = '/apis/apps/v1/namespaces/payments/deployments/checkout';
const PATCH_TYPE = 'application/merge-patch+json';
/** What a client waits that found nobody. */
const AGAIN_MS = 50;
/** More than stands in a record: goes to the object store. */
const LONG = 100_000;

/** A call that the client has a whole answer of, with status 200. */
export interface Answered {
  /** Its `?call=`, of this one only. */
  readonly call: string;
  /** Digests of what went over the wire in clear. */
  readonly response: string;
  readonly request?: string;
}

/** A session, as far as the client has seen it. */
export interface SeenSession {
  readonly call: string;
  readonly output: string;
}

export interface LoadOptions {
  readonly composition: Composition;
  readonly token: string;
  readonly isOver: () => boolean;
}

/**
 * Calls without a pause until it is over: reads, every fifth of them of 100 kB, and patches of the same object. What
 * fails meanwhile fails.
 */
export async function callUntil(
  { composition, token, isOver }: LoadOptions,
  caller: number,
): Promise<readonly Answered[]> {
  const answered: Answered[] = [];
  for (let count = 0; !isOver(); count += 1) {
    const call = `${caller}-${count}`;
    const patch = { metadata: { annotations: { restarted: call } } };
    const body = { contentType: PATCH_TYPE, text: JSON.stringify(patch) };
    const isPatch = count % 3 === 1;
    const query = `?call=${call}${count % 5 === 0 ? `&padding=${LONG}` : ''}`;
    const sent = { ...composition.gateway, path: DEPLOYMENT + query, token };
    const answer = await callGateway(isPatch ? { ...sent, method: 'PATCH', body } : sent).catch(
      () => undefined,
    );
    if (answer?.status !== 200) {
      await delay(AGAIN_MS);
      continue;
    }
    const request = isPatch ? { request: sha256(body.text) } : {};
    answered.push({ call, response: sha256(answer.body), ...request });
  }
  return answered;
}

/** Opens one session after the other until it is over. */
export async function runSessionsUntil({
  composition,
  token,
  isOver,
}: LoadOptions): Promise<readonly SeenSession[]> {
  const seen: SeenSession[] = [];
  for (let count = 0; !isOver(); count += 1) {
    const call = `session-${count}`;
    const output = await runSession(composition, token, call);
    if (output === '') await delay(AGAIN_MS);
    else seen.push({ call, output });
  }
  return seen;
}

async function runSession(composition: Composition, token: string, call: string): Promise<string> {
  const { base, ca } = composition.gateway;
  const config = new KubeConfig();
  const caData = Buffer.from(ca).toString('base64');
  config.loadFromClusterAndUser(
    { name: 'gateway', server: base, caData, skipTLSVerify: false },
    { name: 'agent', token },
  );
  let output = '';
  const stdout = new PassThrough();
  stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  try {
    const exec = new Exec(config);
    const command = ['seq', call];
    const socket = await exec.exec('payments', 'web-0', 'web', command, stdout, null, null, false);
    const { promise, resolve } = Promise.withResolvers<undefined>();
    socket.onclose = () => resolve(undefined);
    socket.onerror = () => resolve(undefined);
    await promise;
  } catch {
    // Refused, or there was nobody.
  }
  return output;
}
