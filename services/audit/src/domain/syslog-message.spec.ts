import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readCef } from '../../test/read-cef.js';
import { readFrames, readSyslog } from '../../test/read-syslog.js';
import { exported } from '../../test/sample-exports.js';
import { requestHistory } from '../../test/sample-events.js';
import { agent, commandIdAt, ended, grantId, refused } from '../../test/sample-records.js';
import { syslogFrame, syslogMessage } from './syslog-message.js';

const sender = { facility: 13, hostname: 'audit-0' };
const id = commandIdAt('2026-01-05T09:00:00.250Z');
const send = (record: object, stream = 'COMMANDS') => {
  const [text = '', ...others] = readFrames(
    syslogFrame(syslogMessage(exported(record, { stream }), sender)),
  );
  expect(others).toEqual([]);
  const message = readSyslog(text);
  return { message, cef: readCef(message.message) };
};

describe('a record as a syslog message', () => {
  it('tells who did what, with which decision', () => {
    const { message, cef } = send(
      refused(id, { rule: 'deletion/namespaces', subresource: 'scale' }),
    );
    expect(message).toMatchObject({
      facility: 13,
      severity: 4,
      timestamp: '2026-01-05T09:00:00.250Z',
      hostname: 'audit-0',
      appName: 'drawbridge',
      messageId: 'CommandRefused',
    });
    expect(cef).toEqual({
      header: ['CEF:0', 'Drawbridge', 'Drawbridge', '1', 'CommandRefused', 'Command Refused', '7'],
      extension: {
        rt: '1767603600250',
        externalId: id,
        act: 'deny',
        outcome: 'refused',
        reason: 'grant_missing',
        msg: 'no grant is open',
        src: '127.0.0.1',
        suser: 'agent-oncall',
        sourceServiceName: 'https://idp.test',
        requestMethod: 'PATCH',
        request:
          '/apis/apps/v1/namespaces/payments/deployments/checkout?fieldManager=kubectl-rollout',
        requestClientApplication: 'kubectl/v1.33.0',
        ...{ cs1Label: 'connection', cs1: 'prod-eks' },
        ...{ cs2Label: 'grant', cs2: grantId },
        ...{ cs3Label: 'rule', cs3: 'deletion/namespaces' },
        ...{ cs4Label: 'resource', cs4: 'deployments/scale' },
        ...{ cs5Label: 'namespace', cs5: 'payments' },
        ...{ cs6Label: 'name', cs6: 'checkout' },
        ...{ flexString1Label: 'verb', flexString1: 'patch' },
        ...{ cn1Label: 'sequence', cn1: '7', cn2Label: 'line', cn2: '0' },
        ...{ cn3Label: 'status', cn3: '403' },
      },
    });
  });

  it('tells what happened to a request', () => {
    const [asked] = requestHistory;
    const { message, cef } = send(
      {
        id,
        ...asked,
        aggregateId: grantId,
        actor: { kind: 'agent', id: 'agent-oncall' },
        at: '2026-01-05T09:00:00Z',
      },
      'ACCESS',
    );
    expect(message).toMatchObject({ severity: 5, timestamp: '2026-01-05T09:00:00.000Z' });
    expect(cef.extension).toMatchObject({
      externalId: id,
      act: 'AccessRequested',
      reason: 'readiness probe failing',
      suser: 'agent-oncall',
      cs1: 'prod-eks',
      cs4: grantId,
      cs5: 'agent-oncall',
      cs6: 'agent',
    });
  });

  it('tells loudly of a call that went past the gateway', () => {
    const call = { user: 'gateway\n', path: '/api/v1/secrets', userAgent: 'curl', statusCode: 200 };
    const { message, cef } = send(
      {
        ...{ type: 'UnrecordedCallFound', id, at: '2026-01-05T09:00:00Z' },
        ...{ aggregateId: id, actor: { kind: 'service', id: 'audit' } },
        data: { connection: 'prod-eks', reason: 'no_such_command', auditId: 'x', call },
      },
      'AUDIT',
    );
    expect(message).toMatchObject({ severity: 1, messageId: 'UnrecordedCallFound' });
    expect(cef.header[6]).toBe('10');
    expect(cef.extension).toMatchObject({
      ...{ reason: 'no_such_command', suser: 'gateway<U+000A>', request: '/api/v1/secrets' },
      ...{ requestClientApplication: 'curl', cs1: 'prod-eks', cn3: '200' },
    });
  });

  it.each([
    ['::ffff:10.0.0.7', { src: '10.0.0.7' }],
    ['2001:db8::1', { c6a2: '2001:db8::1', c6a2Label: 'Source IPv6 Address' }],
  ])('knows the family of %s', (clientAddress, fields) =>
    expect(send(refused(id, { clientAddress })).cef.extension).toMatchObject(fields),
  );

  it('says that a call was cut louder than that it ended', () => {
    expect(send(ended(id)).message.severity).toBe(6);
    expect(send(ended(id, { outcome: 'cut' })).message.severity).toBe(4);
  });

  it.each([
    [
      'a line that ends',
      'x\n<0>1 2026-01-01T00:00:00Z h a - - - CEF:0|',
      'x<U+000A><0>1 2026-01-01T00:00:00Z h a - - - CEF:0|',
    ],
    ['a carriage return', 'a\rb', 'a<U+000D>b'],
    ['a field of its own', 'x act=allow suser=alice', 'x act=allow suser=alice'],
    ['a backslash before it', 'x\\ act\\=allow', 'x\\ act\\=allow'],
    ['a header of its own', 'a|b|10|', 'a|b|10|'],
    ['a terminal escape', '\u001b[2J', '<U+001B>[2J'],
    ['text that runs backwards', 'a\u202eb', 'a<U+202E>b'],
    ['a line of Unicode', 'a\u2028b', 'a<U+2028>b'],
    ['a NUL', 'a\0b', 'a<U+0000>b'],
  ])('gives a hostile name no room: %s', (_, name, shown) => {
    const hostile = {
      agent: { ...agent, subject: name },
      path: `/${name}`,
      query: '',
      userAgent: name,
    };
    const { cef } = send(refused(id, hostile));
    expect(cef.extension).toMatchObject({
      act: 'deny',
      suser: shown,
      request: `/${shown}`,
      requestClientApplication: shown,
    });
    expect(cef.header).toHaveLength(7);
  });

  it('is one message with its own fields, whatever stands in it', () => {
    const keys = Object.keys(send(refused(id)).cef.extension).toSorted();
    const text = fc.string({ unit: 'binary', minLength: 1, maxLength: 60 });
    const tricky = fc.oneof(
      text,
      fc.constantFrom('\\', '=', '|', '\n', ' act=', '\\=', '\\\\='),
      text,
    );
    fc.assert(
      fc.property(tricky, tricky, tricky, (subject, name, message) => {
        const change = {
          name,
          agent: { ...agent, subject },
          decision: { ...refused(id).decision, message },
        };
        const { cef } = send(refused(id, change));
        expect(Object.keys(cef.extension).toSorted()).toEqual(keys);
        expect(cef.extension['act']).toBe('deny');
      }),
      { numRuns: 500 },
    );
  });

  it('cuts what no field takes', () => {
    const { cef } = send(refused(id, { path: 'p'.repeat(2048), query: '' }));
    expect(cef.extension['request']).toBe(`${'p'.repeat(1023)}…`);
  });
});
