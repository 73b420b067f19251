import { describe, expect, it } from 'vitest';
import type { Sample } from '../rows/row.js';
import { figures, judge } from './figures.js';

const outcome = (contenders: Readonly<Record<string, Sample>>) => ({
  samples: new Map(Object.entries(contenders).map(([name, sample]) => [name, [sample]])),
  notes: [],
});
const verdictOf = (name: string, outcomes: Parameters<typeof judge>[0]) =>
  judge(outcomes).find((each) => each.name === name);

describe('the figures', () => {
  it('compares what a call costs, the cheaper the better', () =>
    expect(
      verdictOf(
        'small get, calls per CPU second, x kubectl proxy',
        new Map([
          [
            'small-get',
            outcome({ drawbridge: { cpuUsPerCall: 40 }, 'kubectl proxy': { cpuUsPerCall: 80 } }),
          ],
        ]),
      ),
    ).toMatchObject({ value: 2, wanted: '>= 1.8', verdict: 'reached' }));

  it('takes what the upstream itself needs from the latency', () =>
    expect(
      verdictOf(
        'one connection, p50 added over direct, ms',
        new Map([
          ['one-connection', outcome({ drawbridge: { p50Ms: 0.75 }, direct: { p50Ms: 0.25 } })],
        ]),
      ),
    ).toMatchObject({ value: 0.5, wanted: '<= 0.3', verdict: 'missed' }));

  it('says what was not measured', () =>
    expect(judge(new Map()).map(({ verdict }) => verdict)).toStrictEqual(
      figures.map(() => 'not measured'),
    ));
});
