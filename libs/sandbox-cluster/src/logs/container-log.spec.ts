import { describe, expect, it } from 'vitest';
import { kubeObject } from '../kube-object.js';
import { containerLog } from './container-log.js';

const started = Date.parse('2026-01-05T09:00:00Z');
const pod = (ready: string) =>
  kubeObject({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'web', namespace: 'n', uid: 'u' },
    spec: { containers: [{ name: 'a', image: 'i:1' }] },
    status: {
      conditions: [{ type: 'Ready', status: ready }],
      containerStatuses: [{ name: 'a', state: { running: { startedAt: '2026-01-05T09:00:00Z' } } }],
    },
  });
const read = (seconds: number, ready = 'True', previous = false) =>
  containerLog(pod(ready), { container: 'a', previous, until: started + seconds * 1000 });

describe('the log of a container', () => {
  it('has an opening and one line per second', () => {
    expect(read(0).map(({ text }) => text)).toStrictEqual(['starting a (i:1)']);
    expect(read(5)).toHaveLength(3 + 5);
  });

  it('only grows', () => {
    expect(read(60).slice(0, read(30).length)).toStrictEqual(read(30));
  });

  it('is bounded', () => {
    expect(read(100_000)).toHaveLength(2003);
  });

  it('tells why the pod is not ready', () => {
    expect(read(5, 'False').at(-1)?.text).toMatch(/^GET \/readyz 503/);
  });

  it('ends before the start for the previous run, and is empty for an unknown container', () => {
    expect(read(5, 'True', true).every(({ at }) => at <= started)).toBe(true);
    expect(
      containerLog(pod('True'), { container: 'z', previous: false, until: started }),
    ).toStrictEqual([]);
  });
});
