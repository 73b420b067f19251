import { describe, expect, it } from 'vitest';
import { TransferTurns } from './transfer-turns.js';

/** Turns in an event loop that a test turns. */
function turnsOf(perLoop: number) {
  const scheduled: (() => void)[] = [];
  const went: string[] = [];
  const turns = new TransferTurns(perLoop, (run) => scheduled.push(run));
  const loop = () => {
    went.length = 0;
    for (const run of scheduled.splice(0)) run();
    return [...went];
  };
  /** An answer that waits again each time it went on, `times` in all. */
  const transfer = (agent: string, name: string, times = 1) => {
    let left = times;
    const wait = () => {
      turns.wait(agent, () => {
        went.push(name);
        left -= 1;
        if (left > 0) wait();
      });
    };
    wait();
  };
  return { loop, transfer, scheduled };
}

describe('T25 long answers', () => {
  it('go on a few in each turn of the loop', () => {
    const { loop, transfer, scheduled } = turnsOf(2);
    for (const name of ['1', '2', '3', '4', '5']) transfer('a', name);
    expect([loop(), loop(), loop()]).toStrictEqual([['1', '2'], ['3', '4'], ['5']]);
    expect(scheduled).toStrictEqual([]);
  });

  it('of one agent, however many, take no more turns than the one of another', () => {
    const { loop, transfer } = turnsOf(2);
    for (let index = 0; index < 50; index += 1) transfer('greedy', 'greedy', 100);
    transfer('modest', 'modest', 5);
    const went = [loop(), loop(), loop(), loop(), loop()];
    for (const each of went) expect(each.toSorted()).toStrictEqual(['greedy', 'modest']);
    expect(loop()).toStrictEqual(['greedy', 'greedy']);
  });

  it('that wait again get their next turn in a later loop, also when they are alone', () => {
    const { loop, transfer } = turnsOf(1);
    transfer('a', '1', 2);
    expect([loop(), loop(), loop()]).toStrictEqual([['1'], ['1'], []]);
  });
});

describe('T25 whether agents share a gateway', () => {
  it('is so for a second from when another one has called', () => {
    const clock = { ms: 0 };
    const turns = new TransferTurns(
      1,
      () => undefined,
      () => clock.ms,
    );
    const [one, other] = [{}, {}];
    turns.came(one);
    turns.came(one);
    expect(turns.shared).toBe(false);
    turns.came(other);
    expect(turns.shared).toBe(true);
    clock.ms = 900;
    turns.came(one);
    clock.ms = 1_899;
    turns.came(one);
    expect(turns.shared).toBe(true);
    clock.ms = 1_900;
    expect(turns.shared).toBe(false);
  });
});
