import { randomInt } from 'node:crypto';
import { globSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, it } from 'vitest';
import { keepFailure, readCorpus } from './corpus.js';

/** What is fuzzed: one of them in a file named `<name>.fuzz.ts`. */
export interface FuzzTarget<Sample> {
  /** `import.meta.url` of the file. */
  readonly file: string;
  /** Samples that JSON can hold, so that a failing one can be kept. */
  readonly samples: fc.Arbitrary<Sample>;
  /** Throws when the sample shows a fault. */
  readonly holds: (sample: Sample) => void;
}

/** Of a whole run, by all targets together. */
const DEFAULT_SECONDS = 60;
/** Above the share of any target, and the time it takes to make small what failed. */
const TIMEOUT_MS = 86_400_000;
const MAX_SHRINK_MS = 20_000;
/** Samples behind one seed, so that what it found is found again at once. */
const BATCH = 100;
const root = resolve(dirname(fileURLToPath(import.meta.url)), '../../..');

/**
 * Tries a property on what once failed, and then on new samples until its share of `FUZZ_SECONDS` is over. Prints the
 * seed, which `FUZZ_SEED` repeats. A sample that fails is made as small as it gets, and kept in a file.
 */
export function fuzz<Sample>(target: FuzzTarget<Sample>): void {
  const file = fileURLToPath(target.file);
  const name = basename(file, '.fuzz.ts');
  describe(name, () => {
    for (const { path, sample } of readCorpus<Sample>(join(dirname(file), 'corpus', name))) {
      it(`holds for ${basename(path)}`, () => target.holds(sample));
    }
    it('holds for new samples', () => tryNew(name, target), TIMEOUT_MS);
  });
}

function tryNew<Sample>(name: string, { samples, holds }: FuzzTarget<Sample>): void {
  const property = fc.property(samples, holds);
  const started = performance.now();
  const spent = () => performance.now() - started;
  const budget = budgetMs();
  const first = firstSeed();
  let seed = first;
  do {
    const options = { seed, numRuns: BATCH, interruptAfterTimeLimit: MAX_SHRINK_MS };
    const outcome = fc.check(property, options);
    if (outcome.failed && outcome.counterexample !== null) fail(name, seed, outcome);
    seed = (seed + 1) | 0;
  } while (spent() < budget);
  const tried = `${(seed - first) * BATCH} samples in ${(spent() / 1000).toFixed(1)} s`;
  process.stderr.write(`fuzz ${name}: ${tried}, FUZZ_SEED=${first}\n`);
}

function fail<Sample>(name: string, seed: number, outcome: fc.RunDetails<[Sample]>): never {
  const { counterexample, errorInstance } = outcome;
  const kept = keepFailure(join(root, '.drawbridge/fuzz', name), counterexample?.[0]);
  const fault = errorInstance instanceof Error ? errorInstance.message : String(errorInstance);
  const first = `In corpus/${name} it is tried first from now on`;
  // The seed in the first line: often no more than that is kept of a run.
  const found = `FUZZ_SEED=${seed} finds it again: ${fault}\nThe sample is in ${kept}. ${first}.`;
  throw new Error(found, { cause: errorInstance });
}

function firstSeed(): number {
  const given = process.env['FUZZ_SEED'];
  return given === undefined ? randomInt(0x4000_0000) : Number(given);
}

/** Targets run one after the other, each for as long as every other one. */
function budgetMs(): number {
  const seconds = Number(process.env['FUZZ_SECONDS'] ?? DEFAULT_SECONDS);
  const targets = globSync('{libs,services}/*/test/fuzz/*.fuzz.ts', { cwd: root }).length;
  return (seconds * 1000) / Math.max(1, targets);
}
