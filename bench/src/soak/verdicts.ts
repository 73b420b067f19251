import type { Checkpoint } from './checkpoint.js';

export interface Verdict {
  readonly name: string;
  readonly holds: boolean;
  readonly found: string;
}

const MEGABYTE = 1_000_000;

/**
 * What may be more at the end than after warming up, and why:
 * - heap and external: code that V8 compiled meanwhile, and caches that are bounded (tokens for a minute, ended
 *   grants of each agent); a leak of one kilobyte a grant would be 9 MB.
 * - resident: pages that malloc and V8 have not given back; it follows the highest load, not the number of grants.
 * - resources, descriptors, objects: idle connections to the cluster are kept for a while, as many as were needed
 *   at the same time, which is one for every grant under way; a connection of an agent that stays may come or go.
 *   That in the end not one of them is left is said by {@link emptiness}.
 */
const slack = { heapMb: 4, externalMb: 4, residentMb: 48, count: 8 };

/** What decides how much may vary. */
export interface SoakSize {
  readonly workers: number;
  readonly lanes: number;
}

const verdict = (name: string, holds: boolean, found: string): Verdict => ({ name, holds, found });

/** Nothing grew between two instants at which the same grants were open. */
export function growth(
  before: Checkpoint,
  after: Checkpoint,
  { workers, lanes }: SoakSize,
): readonly Verdict[] {
  const mb = (bytes: number) => `${(bytes / MEGABYTE).toFixed(1)} MB`;
  const bytes = (name: string, maxMb: number, of: (point: Checkpoint) => number) =>
    verdict(
      `${name} grew by at most ${maxMb} MB`,
      of(after) - of(before) <= maxMb * MEGABYTE,
      `${mb(of(before))} to ${mb(of(after))}`,
    );
  const counts = (name: string, of: (point: Checkpoint) => Readonly<Record<string, number>>) =>
    [...new Set([...Object.keys(of(before)), ...Object.keys(of(after))])].map((key) => {
      const [was, is] = [of(before)[key] ?? 0, of(after)[key] ?? 0];
      const holds = is - was <= slack.count * workers + lanes;
      return verdict(`${name} ${key} did not grow`, holds, `${was} to ${is}`);
    });
  return [
    bytes('heap', slack.heapMb * workers, ({ census }) => census.heapBytes),
    bytes(
      'memory outside of the heap',
      slack.externalMb * workers,
      ({ census }) => census.externalBytes,
    ),
    bytes('resident memory', slack.residentMb * workers, ({ residentBytes }) => residentBytes),
    ...counts('descriptor', ({ files }) => files),
    ...counts('resource', ({ census }) => census.resources),
    ...counts('objects', ({ census }) => census.alive),
    ...counts('JetStream', ({ consumers }) => ({ consumers })),
  ];
}

/** Of these nothing is left when the last grant has ended. */
const gone = [
  'OpenGrants',
  'LiveCalls',
  'GrantBindings',
  'EksCredential',
  'EksSession',
  'RoleSession',
  'Relay',
  'CutSwitch',
  'ChannelSession',
] as const;

/**
 * Nothing is there any more after the last grant has ended, but for one connection of each worker, and a call on
 * it: about once a minute it looks for orphaned bindings, and keeps the connection for 20 seconds.
 */
export function emptiness(
  { census, files, figures, bindings }: Checkpoint,
  { workers }: Pick<SoakSize, 'workers'>,
): readonly Verdict[] {
  const atMost = (most: number, name: string, count = 0) =>
    verdict(`${most === 0 ? 'no' : `at most ${most}`} ${name} left`, count <= most, `${count}`);
  return [
    atMost(0, 'role or binding in the cluster', bindings),
    atMost(workers, 'socket to the cluster', clusterSockets(files)),
    atMost(workers, 'UpstreamSocket', census.alive['UpstreamSocket']),
    atMost(workers, 'UpstreamCall', census.alive['UpstreamCall']),
    atMost(0, 'connection of an agent', files['agent established']),
    atMost(0, 'record that waits', figures['recordsWaiting']),
    atMost(0, 'record given up', figures['recordsGivenUp']),
    ...gone.map((name) => atMost(0, name, census.alive[name])),
  ];
}

const clusterSockets = (files: Readonly<Record<string, number>>): number =>
  Object.entries(files).reduce(
    (sum, [kind, count]) => (kind.startsWith('cluster ') ? sum + count : sum),
    0,
  );
