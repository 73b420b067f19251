import { setTimeout as delay } from 'node:timers/promises';
import { eventually } from '@drawbridge/testing';
import type { Composition } from '../composition.js';
import { shuffled } from './random.js';

/** All that the record passes through. */
export const targets = ['audit', 'proxy', 'nats', 'engine'] as const;
export type Target = (typeof targets)[number];

const MIN_PAUSE_MS = 300;
const MORE_PAUSE_MS = 1_500;
const MAX_DOWN_MS = 500;
/** How often two die at once. */
const BOTH = 1 / 3;

/** One kill, of one or two, and how long it took until every service was ready again. */
export interface Kill {
  readonly killed: readonly Target[];
  readonly readyAfterMs: number;
}

/** Kills in rounds, each target once in a round at least, with SIGKILL and in random order, until it is over. */
export async function killAtRandom(
  composition: Composition,
  { isOver, random }: { readonly isOver: () => boolean; readonly random: () => number },
): Promise<readonly Kill[]> {
  const kills: Kill[] = [];
  while (!isOver()) {
    for (const target of shuffled(targets, random)) {
      await delay(MIN_PAUSE_MS + random() * MORE_PAUSE_MS);
      if (isOver()) break;
      const [other = target] = shuffled(targets, random);
      const killed = random() < BOTH && other !== target ? [target, other] : [target];
      const readyAfterMs = await killThese(composition, killed, random() * MAX_DOWN_MS);
      kills.push({ killed, readyAfterMs });
    }
  }
  return kills;
}

async function killThese(
  composition: Composition,
  killed: readonly Target[],
  downMs: number,
): Promise<number> {
  const services = killed.filter((target) => target !== 'engine');
  // First: it is a child of audit.
  if (killed.includes('engine')) await killEngine(composition);
  await Promise.all(services.map((target) => composition.kill(target)));
  await delay(downMs);
  const from = performance.now();
  await composition.startAgain(...services);
  return Math.round(performance.now() - from);
}

/** It is not there for a moment after audit was started, or when it has just been killed. */
const killEngine = (composition: Composition): Promise<void> =>
  eventually(
    () => {
      if (!composition.killEngine()) throw new Error('audit has no engine at the moment');
    },
    { timeoutMs: 60_000 },
  );
