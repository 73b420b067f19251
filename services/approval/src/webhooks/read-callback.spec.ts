import { describe, expect, it } from 'vitest';
import type { InboundSpec } from '@drawbridge/contracts';
import { readCallback } from './read-callback.js';

const spec: InboundSpec = {
  scheme: 'hub-sha256',
  secretFile: 'secret',
  request: '/issue/fields/customfield_1',
  ticket: '/issue/key',
  decision: '/issue/fields/status/name',
  approved: ['Approved', 'Done'],
  denied: ['Declined'],
  by: '/user/displayName',
  seen: '/issue/fields/customfield_2',
};
const requestId = '019c0000-1111-7000-8000-000000000001';
const body = (fields: object = {}, more: object = {}) => ({
  user: { displayName: 'Carol' },
  issue: {
    key: 'OPS-42',
    fields: { status: { name: 'Approved' }, customfield_1: requestId, customfield_2: 1, ...fields },
  },
  ...more,
});
const read = (document: unknown, changed: Partial<InboundSpec> = {}) =>
  readCallback(Buffer.from(JSON.stringify(document)), { ...spec, ...changed });
const unreadable: unknown = expect.objectContaining({ code: 'callback_unreadable' });

describe('a callback', () => {
  it('says what was decided about which request, by whom, and about which terms', () =>
    expect(read(body())).toStrictEqual({
      requestId,
      ticket: 'OPS-42',
      decision: 'approved',
      decidedBy: 'Carol',
      seen: 1,
    }));

  it.each([
    ['Done', 'approved'],
    ['Declined', 'denied'],
  ])('%s is %s', (name, decision) =>
    expect(read(body({ status: { name } }))).toHaveProperty('decision', decision),
  );

  it.each(['In Progress', 'approved', 'Approved!', '', 7, null, ['Approved']])(
    'decides nothing by the word %j, whatever else it lacks',
    (name) => expect(read({ issue: { fields: { status: { name } } } })).toBeUndefined(),
  );

  it('approves the terms that nobody narrowed where it does not say which', () => {
    const { scheme, secretFile, request, ticket, decision, approved, denied } = spec;
    const silent = { scheme, secretFile, request, ticket, decision, approved, denied };
    const text = Buffer.from(JSON.stringify(body()));
    expect(readCallback(text, silent)).toHaveProperty('seen', 0);
  });

  it.each([
    ['a request that is none', body({ customfield_1: 'OPS-1' })],
    ['no request', body({ customfield_1: null })],
    ['no ticket', { ...body(), issue: { ...body().issue, key: ' ' } }],
    ['no version where one is said', body({ customfield_2: null })],
    ['a version that is none', body({ customfield_2: '-1' })],
    ['a version in pieces', body({ customfield_2: 0.5 })],
  ])('with %s cannot be read', (_, document) => expect(() => read(document)).toThrow(unreadable));

  it.each(['', '{', '{"a":1,"a":2}', '\u0000'])('%j cannot be read', (text) =>
    expect(() => readCallback(Buffer.from(text), spec)).toThrow(unreadable),
  );

  it('that is not UTF-8 cannot be read', () =>
    expect(() => readCallback(Buffer.from([0xff, 0xfe]), spec)).toThrow(unreadable));

  it('keeps the name of who decided in one line of bounded length', () => {
    const name = `Carol\n\u202eevil ${'x'.repeat(500)}`;
    const word = read(body({}, { user: { displayName: name } }));
    expect(word?.decidedBy).toMatch(/^Carol evil x+$/);
    expect(word?.decidedBy).toHaveLength(200);
  });
});
