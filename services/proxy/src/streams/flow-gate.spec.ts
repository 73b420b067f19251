import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FlowGate, type WaitReason } from './flow-gate.js';

function flow() {
  const said: string[] = [];
  const say = (word: string) => () => void said.push(word);
  return { said, pause: say('pause'), resume: say('resume'), abort: say('abort') };
}
const reasons: readonly WaitReason[] = ['client', 'turn', 'record'];

describe('what holds an answer back', () => {
  it('goes on when the last reason is gone, whatever the order', () => {
    const steps = fc.array(fc.tuple(fc.boolean(), fc.constantFrom(...reasons)), { maxLength: 30 });
    fc.assert(
      fc.property(steps, (each) => {
        const cluster = flow();
        const gate = new FlowGate();
        gate.open(cluster);
        const waits = new Set<WaitReason>();
        for (const [isWaiting, reason] of each) {
          if (isWaiting) gate.wait(reason);
          else gate.goOn(reason);
          if (isWaiting) waits.add(reason);
          else waits.delete(reason);
          for (const other of reasons) expect(gate.waitsFor(other)).toBe(waits.has(other));
          const last = cluster.said.at(-1);
          if (last !== undefined) expect(last).toBe(waits.size === 0 ? 'resume' : 'pause');
        }
      }),
    );
  });

  it('holds from its beginning what comes later', () => {
    const cluster = flow();
    const gate = new FlowGate();
    gate.wait('record');
    gate.open(cluster);
    expect(cluster.said).toStrictEqual(['pause']);
    gate.goOn('record');
    expect(cluster.said).toStrictEqual(['pause', 'resume']);
  });
});
