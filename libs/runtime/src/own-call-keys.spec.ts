import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { OwnCallKeys, type OwnCall } from './own-call-keys.js';

const directory = mkdtempSync(join(tmpdir(), 'drawbridge-own-calls-'));
afterAll(() => rmSync(directory, { recursive: true }));
const keyOf = (fill: string) => Buffer.alloc(32, fill).toString('base64');
function keysOf(text: string): OwnCallKeys {
  const file = join(directory, 'keys');
  writeFileSync(file, text);
  return OwnCallKeys.read('OWN_CALL_KEYS_FILE', file);
}

const at = new Date('2026-11-22T10:00:00.000Z');
const list: OwnCall = {
  connection: 'prod-eks',
  method: 'GET',
  target: '/apis/rbac.authorization.k8s.io/v1/roles?limit=500',
};

describe('the id of a call of the gateway itself', () => {
  const keys = keysOf(keyOf('a'));

  it('is known to whoever has the key, with its time', () => {
    const id = keys.idFor(list, at);
    expect(id).toMatch(/^01a202b2-c500-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(keys.made(id, list)).toBe(true);
  });

  it.each<[string, Partial<OwnCall>]>([
    ['another cluster', { connection: 'staging' }],
    ['another method', { method: 'DELETE' }],
    ['another target', { target: '/api/v1/secrets' }],
    ['a longer target', { target: `${list.target}&watch=1` }],
  ])('is of no use for %s', (_, other) => {
    expect(keys.made(keys.idFor(list, at), { ...list, ...other })).toBe(false);
  });

  it('is not that of another key, or with another time or digit', () => {
    const id = keys.idFor(list, at);
    expect(keysOf(keyOf('b')).made(id, list)).toBe(false);
    fc.assert(
      fc.property(
        fc.nat(id.length - 1),
        fc.constantFrom(...'0123456789abcdef-'.split('')),
        (index, digit) => {
          const changed = id.slice(0, index) + digit + id.slice(index + 1);
          expect(keys.made(changed, list)).toBe(changed === id);
        },
      ),
      { numRuns: 500 },
    );
  });

  it.each(['', 'x', '01a202b2-c500-7000-8000-000000000000', '0'.repeat(1000)])('is not %j', (id) =>
    expect(keys.made(id, list)).toBe(false),
  );

  it('of a key of before is known while that is listed', () => {
    const id = keys.idFor(list, at);
    const both = keysOf(`${keyOf('b')}\n${keyOf('a')}\n`);
    expect(both.made(id, list)).toBe(true);
    expect(both.idFor(list, at)).toBe(keysOf(keyOf('b')).idFor(list, at));
  });
});

describe('a file of keys', () => {
  it.each([
    ['a short key', Buffer.alloc(31, 'a').toString('base64'), 'line 1'],
    ['text that is no base64', `${keyOf('a')}\n${'?'.repeat(64)}`, 'line 2'],
  ])('with %s is refused, and not shown', (_, text, where) => {
    const read = () => keysOf(text);
    expect(read).toThrow(expect.objectContaining({ code: 'config_invalid' }) as Error);
    expect(read).toThrow(where);
    expect(read).not.toThrow(text.slice(-20));
  });
});
