import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { UpstreamFault } from '../upstream/upstream-fault.js';
import { dialAgain } from './dial-again.js';

const { signal } = new AbortController();
const broken = new UpstreamFault('broken', 'in the middle');

function failing(...failures: Error[]) {
  const dialled = { times: 0 };
  const dial = dialAgain(() => {
    dialled.times += 1;
    const failure = failures.shift();
    return failure === undefined ? Promise.resolve(new PassThrough()) : Promise.reject(failure);
  });
  return { dial, dialled };
}

describe('a handshake that breaks off', () => {
  it('is made again, once', async () => {
    const once = failing(broken);
    await once.dial(signal);
    expect(once.dialled.times).toBe(2);
    const twice = failing(broken, broken);
    await expect(twice.dial(signal)).rejects.toBe(broken);
    expect(twice.dialled.times).toBe(2);
  });

  it('is not made again when it failed otherwise, or is not wanted any more', async () => {
    const unbelieved = new UpstreamFault('unreachable', 'certificate');
    const other = failing(unbelieved);
    await expect(other.dial(signal)).rejects.toBe(unbelieved);
    expect(other.dialled.times).toBe(1);
    const ended = failing(broken);
    await expect(ended.dial(AbortSignal.abort(new Error('ended')))).rejects.toThrow('ended');
    expect(ended.dialled.times).toBe(1);
  });
});
