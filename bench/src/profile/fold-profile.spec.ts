import { describe, expect, it } from 'vitest';
import { foldProfile, type CpuProfile } from './fold-profile.js';

const frame = (functionName: string, url = '', lineNumber = 0) => ({
  functionName,
  url,
  lineNumber,
});

/** root > listener > authenticate > node's own; garbage collector; idle; a TLS callback of Node alone. */
const profile: CpuProfile = {
  nodes: [
    { id: 1, callFrame: frame('(root)'), children: [2, 5, 6, 7] },
    { id: 2, callFrame: frame('handle', '/x/services/proxy/dist/listener/a.js', 4), children: [3] },
    { id: 3, callFrame: frame('', '/x/services/proxy/dist/chain/authenticate.js'), children: [4] },
    { id: 4, callFrame: frame('update', 'node:internal/crypto/hash', 1) },
    { id: 5, callFrame: frame('(garbage collector)') },
    { id: 6, callFrame: frame('(idle)') },
    { id: 7, callFrame: frame('onread', 'node:internal/stream_base_commons', 9) },
  ],
  startTime: 1_000,
  samples: [2, 3, 4, 5, 6, 7, 2],
  timeDeltas: [100, 100, 300, 200, 900, 200, 100],
};
const always = { fromUs: 0, toUs: 1e9 };

describe('a CPU profile folded into steps', () => {
  it('gives each sample to the innermost step of ours, and leaves idle time out', () =>
    expect(foldProfile(profile, always).steps).toStrictEqual([
      { name: 'authenticate', share: 0.4 },
      { name: 'listener', share: 0.2 },
      { name: 'garbage collection', share: 0.2 },
      { name: 'TLS and sockets (Node)', share: 0.2 },
    ]));

  it('names functions with the line of their file', () =>
    expect(foldProfile(profile, always).functions.map(({ name }) => name)).toStrictEqual([
      'update node:internal/crypto/hash:2',
      'handle services/proxy/dist/listener/a.js:5',
      '(garbage collector)',
      'onread node:internal/stream_base_commons:10',
      'anonymous services/proxy/dist/chain/authenticate.js:1',
    ]));

  it('counts only what happened inside the window', () =>
    expect(foldProfile(profile, { fromUs: 1_150, toUs: 1_500 }).steps).toStrictEqual([
      { name: 'authenticate', share: 1 },
    ]));
});
