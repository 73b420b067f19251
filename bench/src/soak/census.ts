import { setTimeout as delay } from 'node:timers/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { repositoryRoot } from '@drawbridge/embedded';
import { Inspector, type InspectedThread } from './inspector.js';

/** What is alive in the gateway after garbage has been collected, all threads together. */
export interface Census {
  readonly heapBytes: number;
  readonly externalBytes: number;
  /** Timers, sockets and handles as Node counts them: those that keep a thread alive. */
  readonly resources: Readonly<Record<string, number>>;
  /** Objects of classes that are made for a call, a grant or a connection. */
  readonly alive: Readonly<Record<string, number>>;
}

/** Class: file below `dist` of the proxy, and whether its own `size` is counted instead of the objects. */
const watched = [
  ['domain/open-grants.js', 'OpenGrants', 'size'],
  ['streams/live-calls.js', 'LiveCalls', 'size'],
  ['identity-modes/grant-bindings.js', 'GrantBindings', 'size'],
  ['credentials/eks/eks-credential.js', 'EksCredential', 'size'],
  ['credentials/eks/eks-session.js', 'EksSession'],
  ['credentials/eks/role-session.js', 'RoleSession'],
  ['credentials/renewed.js', 'Renewed'],
  ['upstream/upstream-socket.js', 'UpstreamSocket'],
  ['upstream/upstream-call.js', 'UpstreamCall'],
  ['streams/relay.js', 'Relay'],
  ['streams/cut-switch.js', 'CutSwitch'],
  ['channels/channel-session.js', 'ChannelSession'],
] as const;

/** Classes of Node itself, by an expression that gives the prototype. */
const watchedOfNode = {
  Socket: `process.getBuiltinModule('node:net').Socket.prototype`,
  Http1Request: `process.getBuiltinModule('node:http').IncomingMessage.prototype`,
  Http1Response: `process.getBuiltinModule('node:http').ServerResponse.prototype`,
  Timeout: `(() => { const t = setTimeout(() => {}, 0); clearTimeout(t); return Object.getPrototypeOf(t); })()`,
  AbortController: 'AbortController.prototype',
} as const;

const Memory = z.object({
  heapUsed: z.number(),
  external: z.number(),
  resources: z.array(z.string()),
});

/** The second and third collection take what finalizers of the one before have let go of. */
const COLLECTIONS = 3;
const SETTLE_MS = 100;

/** Collects garbage in every thread, counts, and leaves again: nothing of it is in the product. */
export async function takeCensus(inspectorAddress: string): Promise<Census> {
  const inspector = await Inspector.attach(inspectorAddress);
  try {
    const census = { heapBytes: 0, externalBytes: 0, resources: {}, alive: {} };
    for (const thread of inspector.threads) await countThread(thread, census);
    return census;
  } finally {
    await inspector.detach();
  }
}

interface Counting {
  heapBytes: number;
  externalBytes: number;
  readonly resources: Record<string, number>;
  readonly alive: Record<string, number>;
}

async function countThread(thread: InspectedThread, census: Counting): Promise<void> {
  for (let round = 0; round < COLLECTIONS; round += 1) {
    await thread.send('HeapProfiler.collectGarbage');
    await delay(SETTLE_MS);
  }
  const memory = `(() => {
    const { heapUsed, external } = process.memoryUsage();
    return { heapUsed, external, resources: process.getActiveResourcesInfo() };
  })()`;
  const { heapUsed, external, resources } = Memory.parse(await thread.evaluate(memory));
  census.heapBytes += heapUsed;
  census.externalBytes += external;
  for (const name of resources) census.resources[name] = (census.resources[name] ?? 0) + 1;
  for (const [name, prototype] of Object.entries(watchedOfNode)) {
    await count(thread, census, { name, prototype });
  }
  for (const [file, name, size] of watched) {
    const path = JSON.stringify(join(repositoryRoot(), 'services/proxy/dist', file));
    const require = `process.getBuiltinModule('node:module').createRequire(${path})`;
    const prototype = `${require}(${path}).${name}.prototype`;
    await count(thread, census, { name, prototype, size: size !== undefined });
  }
}

async function count(
  thread: InspectedThread,
  { alive }: Counting,
  { name, prototype, size = false }: { name: string; prototype: string; size?: boolean },
): Promise<void> {
  const measure = size
    ? 'function () { return this.reduce((sum, { size }) => sum + size, 0); }'
    : 'function () { return this.length; }';
  alive[name] = (alive[name] ?? 0) + z.number().parse(await thread.query(prototype, measure));
}
