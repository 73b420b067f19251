import { createHash } from 'node:crypto';
import { objectsAt, stringAt } from '../json.js';
import type { KubeObject } from '../kube-object.js';

/** One line a container wrote. */
export interface LogLine {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly text: string;
}

interface LogRequest {
  readonly container: string;
  /** The log of the run before the last restart. */
  readonly previous: boolean;
  /** Milliseconds since 1970; nothing later is shown. */
  readonly until: number;
}

const lineEveryMs = 1000;
/** A container that has run for a day keeps this much of its log, as a rotated file would. */
const maxLines = 2000;

/**
 * The log of a container: a few lines at the start, then one per second. It follows from the pod alone, so
 * that reading it twice gives the same text and nothing has to be kept.
 */
export function containerLog(pod: KubeObject, request: LogRequest): readonly LogLine[] {
  const { container, previous, until } = request;
  const started = startOf(pod, container);
  if (started === undefined) return [];
  const begin = previous ? started - 60_000 : started;
  const end = previous ? started : until;
  const image = imageOf(pod, container);
  const opening = [
    `starting ${container} (${image})`,
    `pod ${pod.metadata.name} in namespace ${pod.metadata.namespace ?? ''}`,
    'listening on :8080',
  ].map((text, index) => ({ at: begin + index, text }));
  return [...opening, ...periodic(pod, request, { begin, end })].filter(({ at }) => at <= end);
}

function periodic(
  pod: KubeObject,
  { container }: LogRequest,
  { begin, end }: { readonly begin: number; readonly end: number },
): readonly LogLine[] {
  const total = Math.max(0, Math.floor((end - begin) / lineEveryMs));
  const first = Math.max(1, total - maxLines + 1);
  const isReady = objectsAt(pod, 'status', 'conditions').some(
    (condition) => condition['type'] === 'Ready' && condition['status'] === 'True',
  );
  return Array.from({ length: Math.max(0, total - first + 1) }, (_, index) => {
    const second = first + index;
    return {
      at: begin + second * lineEveryMs,
      text: lineText(`${pod.metadata.uid}/${container}`, { second, isReady }),
    };
  });
}

const paths = ['/', '/cart', '/orders', '/orders/last', '/healthz', '/metrics'];

function lineText(
  seed: string,
  { second, isReady }: { readonly second: number; readonly isReady: boolean },
): string {
  const digest = createHash('sha256').update(`${seed}/${second}`).digest();
  const path = paths[digest.readUInt8(0) % paths.length] ?? '/';
  if (!isReady) return `GET /readyz 503 connection pool exhausted, ${digest.readUInt8(1)} waiting`;
  return `GET ${path} 200 ${1 + (digest.readUInt8(1) % 40)}ms`;
}

function startOf(pod: KubeObject, container: string): number | undefined {
  const status = [
    ...objectsAt(pod, 'status', 'containerStatuses'),
    ...objectsAt(pod, 'status', 'initContainerStatuses'),
  ].find(({ name }) => name === container);
  const startedAt =
    stringAt(status, 'state', 'running', 'startedAt') ??
    stringAt(status, 'state', 'terminated', 'startedAt');
  return startedAt === undefined ? undefined : Date.parse(startedAt);
}

function imageOf(pod: KubeObject, container: string): string {
  const found = ['containers', 'initContainers']
    .flatMap((member) => objectsAt(pod, 'spec', member))
    .find(({ name }) => name === container);
  return stringAt(found, 'image') ?? '';
}
