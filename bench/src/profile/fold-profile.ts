import { z } from 'zod';
import { IDLE, stepOf, type Frame } from './steps.js';

/** What `node --cpu-prof` writes. */
export const CpuProfile = z.object({
  nodes: z.array(
    z.object({
      id: z.number(),
      callFrame: z.object({
        functionName: z.string(),
        url: z.string(),
        lineNumber: z.number(),
      }),
      children: z.array(z.number()).optional(),
    }),
  ),
  startTime: z.number(),
  samples: z.array(z.number()),
  timeDeltas: z.array(z.number()),
});
export type CpuProfile = z.infer<typeof CpuProfile>;

/** Shares of the busy time, largest first. */
export interface FoldedProfile {
  readonly steps: readonly Share[];
  /** Functions by the time they themselves took. */
  readonly functions: readonly Share[];
}

export interface Share {
  readonly name: string;
  /** 0 to 1. */
  readonly share: number;
}

/** The time that counts, in microseconds of the clock that `process.hrtime` reads. */
export interface Window {
  readonly fromUs: number;
  readonly toUs: number;
}

const MAX_FUNCTIONS = 40;

/** Sums the samples of a window up by step and by function. */
export function foldProfile(profile: CpuProfile, window: Window): FoldedProfile {
  const selfUs = selfTimes(profile, window);
  const stacks = stacksOf(profile);
  const steps = new Map<string, number>();
  const functions = new Map<string, number>();
  for (const [id, us] of selfUs) {
    const stack = stacks.get(id) ?? [];
    const step = stepOf(stack);
    if (step === IDLE) continue;
    add(steps, step, us);
    add(functions, describe(stack[0]), us);
  }
  return { steps: shares(steps), functions: shares(functions).slice(0, MAX_FUNCTIONS) };
}

function selfTimes({ samples, timeDeltas, startTime }: CpuProfile, { fromUs, toUs }: Window) {
  const selfUs = new Map<number, number>();
  let at = startTime;
  for (const [index, id] of samples.entries()) {
    const delta = timeDeltas[index] ?? 0;
    at += delta;
    // Clocks of threads disagree a little: a negative step is no time.
    if (at >= fromUs && at <= toUs && delta > 0) add(selfUs, id, delta);
  }
  return selfUs;
}

interface PlacedFrame extends Frame {
  readonly lineNumber: number;
}

function stacksOf({ nodes }: CpuProfile): ReadonlyMap<number, readonly PlacedFrame[]> {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const stacks = new Map<number, readonly PlacedFrame[]>();
  const [root] = nodes;
  const open = root === undefined ? [] : [{ node: root, above: [] as readonly PlacedFrame[] }];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const stack = [next.node.callFrame, ...next.above];
    stacks.set(next.node.id, stack);
    for (const child of next.node.children ?? []) {
      const node = byId.get(child);
      if (node !== undefined) open.push({ node, above: stack });
    }
  }
  return stacks;
}

function describe(frame: PlacedFrame | undefined): string {
  if (frame === undefined) return 'unknown';
  const { functionName, url, lineNumber } = frame;
  const name = functionName === '' ? 'anonymous' : functionName;
  const file = url.replace(/^.*\/node_modules\//, '').replace(/^.*\/((libs|services)\/)/, '$1');
  return file === '' ? name : `${name} ${file}:${lineNumber + 1}`;
}

function shares(times: ReadonlyMap<string, number>): readonly Share[] {
  const total = [...times.values()].reduce((sum, us) => sum + us, 0);
  return [...times]
    .map(([name, us]) => ({ name, share: us / total }))
    .sort((one, other) => other.share - one.share);
}

function add<Key>(times: Map<Key, number>, key: Key, us: number): void {
  times.set(key, (times.get(key) ?? 0) + us);
}
