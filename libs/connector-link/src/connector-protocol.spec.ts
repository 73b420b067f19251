import { describe, expect, it } from 'vitest';
import { ConnectorToken, readPeers } from './connector-protocol.js';

const id = '019a9f0e-5d1c-7c2e-8a4b-0123456789ab';

describe('what the gateway says of its peers', () => {
  it('is a list of ids', () => {
    expect(readPeers(`${id},${id}`)).toStrictEqual([id, id]);
  });

  it.each([undefined, '', 'x', `${id},`, `${id};${id}`, [id], Array(129).fill(id).join(',')])(
    'is not %j',
    (header) => {
      expect(readPeers(header)).toBeUndefined();
    },
  );
});

describe('the token of a connector', () => {
  const bytes = 'A'.repeat(43);

  it.each([
    [`dbc_${bytes}`, true],
    [bytes, false],
    [`dbc_${bytes}A`, false],
    [`dbc_${bytes.slice(1)}`, false],
    [`dbc_${bytes.slice(1)}=`, false],
    ['eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhZ2VudCJ9.c2lnbmF0dXJl', false],
    [`sha256:${'0'.repeat(64)}`, false],
  ])('%s: %s', (text, expected) => {
    expect(ConnectorToken.safeParse(text).success).toBe(expected);
  });
});
