import { badRequest, methodNotAllowed } from '../api-status.js';
import { objectsAt, stringAt } from '../json.js';
import type { KubeObject } from '../kube-object.js';
import { containerLog, type LogLine } from '../logs/container-log.js';
import { getObject, type ObjectKey } from '../registry/registry.js';
import { pods } from '../resources/pods.js';
import type { ApiServer } from './api-server.js';
import type { Exchange } from './exchange.js';

const followMs = 250;

interface LogOptions {
  readonly container: string;
  readonly follow: boolean;
  readonly previous: boolean;
  readonly timestamps: boolean;
  readonly tailLines: number | undefined;
  readonly limitBytes: number | undefined;
  /** Lines before this instant are left out. */
  readonly since: number;
}

/** Answers `pods/log`: the lines so far, and with `follow` those to come until the pod is gone. */
export async function handlePodLog(
  server: ApiServer,
  exchange: Exchange,
  key: ObjectKey,
): Promise<void> {
  if (exchange.method !== 'GET') throw methodNotAllowed();
  const pod = getObject(server, key);
  const options = logOptions(server, exchange, pod);
  refuseUnstarted(pod, options);
  const lines = linesUpTo(server, pod, options);
  const shown =
    options.tailLines === undefined ? lines : lines.slice(-options.tailLines || lines.length);
  const first = options.tailLines === 0 ? [] : shown;
  const text = cut(formatted(first, options), options.limitBytes);
  if (!options.follow) return exchange.sendText(200, text, 'text/plain');
  follow(server, exchange, { key, uid: pod.metadata.uid, options, text });
}

interface Following {
  readonly key: ObjectKey;
  readonly uid: string;
  readonly options: LogOptions;
  readonly text: string;
}

function follow(server: ApiServer, exchange: Exchange, following: Following): void {
  const { response } = exchange;
  const { options, key, uid } = following;
  response.statusCode = 200;
  response.setHeader('Content-Type', 'text/plain');
  response.flushHeaders();
  if (following.text !== '') response.write(following.text);
  let since = server.clock().getTime();
  const timer = setInterval(() => {
    const pod = server.store.get(pods, key.namespace, key.name);
    if (pod?.metadata.uid !== uid) {
      response.end();
      return;
    }
    const text = formatted(linesUpTo(server, pod, { ...options, since: since + 1 }), options);
    since = server.clock().getTime();
    if (text !== '' && !response.writableNeedDrain) response.write(text);
  }, followMs);
  response.on('close', () => clearInterval(timer));
}

function linesUpTo(server: ApiServer, pod: KubeObject, options: LogOptions): readonly LogLine[] {
  const { container, previous, since } = options;
  return containerLog(pod, { container, previous, until: server.clock().getTime() }).filter(
    ({ at }) => at >= since,
  );
}

function formatted(lines: readonly LogLine[], { timestamps }: LogOptions): string {
  return lines
    .map(({ at, text }) => `${timestamps ? `${new Date(at).toISOString()} ` : ''}${text}\n`)
    .join('');
}

function cut(text: string, limitBytes: number | undefined): string {
  if (limitBytes === undefined) return text;
  return Buffer.from(text).subarray(0, limitBytes).toString('utf8');
}

function logOptions(server: ApiServer, { query }: Exchange, pod: KubeObject): LogOptions {
  const sinceSeconds = wholeNumber(query, 'sinceSeconds', 1);
  const sinceTime = query.get('sinceTime');
  const since =
    sinceSeconds === undefined
      ? Date.parse(sinceTime ?? '1970-01-01T00:00:00Z')
      : server.clock().getTime() - sinceSeconds * 1000;
  if (Number.isNaN(since)) throw badRequest(`sinceTime: Invalid value: "${sinceTime ?? ''}"`);
  return {
    container: containerName(pod, query.get('container') ?? ''),
    follow: isSet(query, 'follow'),
    previous: isSet(query, 'previous'),
    timestamps: isSet(query, 'timestamps'),
    tailLines: wholeNumber(query, 'tailLines', 0),
    limitBytes: wholeNumber(query, 'limitBytes', 1),
    since,
  };
}

function isSet(query: URLSearchParams, name: string): boolean {
  const value = query.get(name);
  return value !== null && value !== 'false' && value !== '0';
}

function wholeNumber(query: URLSearchParams, name: string, least: number): number | undefined {
  const text = query.get(name);
  if (text === null || text === '') return undefined;
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= least) return value;
  throw badRequest(`${name}: Invalid value: ${text}: must be greater than or equal to ${least}`);
}

function containerName(pod: KubeObject, asked: string): string {
  const names = ['initContainers', 'containers'].flatMap((member) =>
    objectsAt(pod, 'spec', member).map((container) => stringAt(container, 'name') ?? ''),
  );
  const own = objectsAt(pod, 'spec', 'containers').map((item) => stringAt(item, 'name') ?? '');
  const { name } = pod.metadata;
  if (asked !== '') {
    if (names.includes(asked)) return asked;
    throw badRequest(`container ${asked} is not valid for pod ${name}`);
  }
  const [only] = own;
  if (own.length === 1 && only !== undefined) return only;
  throw badRequest(
    `a container name must be specified for pod ${name}, choose one of: [${names.join(' ')}]`,
  );
}

function refuseUnstarted(pod: KubeObject, { container, previous }: LogOptions): void {
  const { name } = pod.metadata;
  const statuses = objectsAt(pod, 'status', 'containerStatuses');
  const status = statuses.find((candidate) => candidate['name'] === container);
  if (previous && Number(status?.['restartCount'] ?? 0) === 0) {
    throw badRequest(`previous terminated container "${container}" in pod "${name}" not found`);
  }
  if (stringAt(pod, 'status', 'phase') !== 'Pending') return;
  const reason = stringAt(status, 'state', 'waiting', 'reason') ?? 'ContainerCreating';
  throw badRequest(`container "${container}" in pod "${name}" is waiting to start: ${reason}`);
}
