import type { Target, TargetName } from '../peers/target.js';
import type { BenchSession } from '../session.js';

/** What one target did in one round; every figure that the row has. */
export type Sample = Readonly<Record<string, number>>;

/** Who was measured, e.g. `drawbridge`, or `drawbridge, unrecorded` where a row has variants. */
export type Contender = string;

export interface Row {
  readonly name: string;
  readonly title: string;
  /** Measures every contender in every round, or says why it cannot. */
  run(session: BenchSession): Promise<RowOutcome>;
}

export interface RowOutcome {
  readonly samples: ReadonlyMap<Contender, readonly Sample[]>;
  /** What was left out, and why. */
  readonly notes: readonly string[];
}

export const skipped = (reason: string): RowOutcome => ({ samples: new Map(), notes: [reason] });

export interface Contest {
  readonly contender: Contender;
  readonly measure: () => Promise<Sample>;
}

/** Runs all contenders in every round, each round beginning with another one; the first round warms up. */
export async function interleave(
  contests: readonly Contest[],
  { rounds, say }: { readonly rounds: number; readonly say: (line: string) => void },
): Promise<ReadonlyMap<Contender, readonly Sample[]>> {
  const samples = new Map<Contender, Sample[]>(contests.map(({ contender }) => [contender, []]));
  for (let round = 0; round <= rounds; round += 1) {
    const first = round % contests.length;
    for (const { contender, measure } of [...contests.slice(first), ...contests.slice(0, first)]) {
      const sample = await measure();
      if (round > 0) samples.get(contender)?.push(sample);
      say(`  round ${round} ${contender} ${describeSample(sample)}`);
    }
  }
  return samples;
}

const describeSample = (sample: Sample): string =>
  Object.entries(sample)
    .map(([name, value]) => `${name} ${Number(value.toPrecision(4))}`)
    .join(', ');

export const contest = (
  target: Target,
  measure: (target: Target) => Promise<Sample>,
): Contest & { readonly contender: TargetName } => ({
  contender: target.name,
  measure: () => measure(target),
});
