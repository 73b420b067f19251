import { describe, expect, it } from 'vitest';
import { corePlan, parseCoreList } from './core-plan.js';

describe('the core plan', () => {
  it.each([
    {
      cores: [0, 1, 2, 3],
      proxyCores: 1,
      plan: { proxy: [0], bus: [1], upstream: [2], load: [3] },
    },
    {
      cores: [0, 1, 2, 3],
      proxyCores: 2,
      plan: { proxy: [0, 1], bus: [2], upstream: [2], load: [3] },
    },
    { cores: [4, 7, 9], proxyCores: 1, plan: { proxy: [4], bus: [7], upstream: [7], load: [9] } },
    { cores: [0, 1], proxyCores: 1, plan: { proxy: [0], bus: [1], upstream: [1], load: [1] } },
    { cores: [0, 1], proxyCores: 2, plan: { proxy: [], bus: [], upstream: [], load: [] } },
    { cores: [0], proxyCores: 1, plan: { proxy: [], bus: [], upstream: [], load: [] } },
  ])('on cores $cores with $proxyCores for the proxy', ({ cores, proxyCores, plan }) =>
    expect(corePlan(cores, proxyCores)).toStrictEqual(plan),
  );
});

describe('a list of cores as the kernel writes it', () => {
  it.each([
    { list: '0-3', cores: [0, 1, 2, 3] },
    { list: '0,2-3,7\n', cores: [0, 2, 3, 7] },
    { list: '5', cores: [5] },
  ])('$list', ({ list, cores }) => expect(parseCoreList(list)).toStrictEqual(cores));
});
