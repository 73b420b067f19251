import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readOtlp } from '../../test/read-otlp.js';
import { exported } from '../../test/sample-exports.js';
import { commandIdAt, ended, refused } from '../../test/sample-records.js';
import { otlpLogs } from './otlp-logs.js';
import type { ExportedRecord } from './exported-record.js';

const now = new Date('2026-01-05T09:00:01.000Z');
const logsOf = (...records: readonly ExportedRecord[]) =>
  readOtlp(JSON.stringify(otlpLogs(records, now)));
const id = commandIdAt('2026-01-05T09:00:00.250Z');

describe('records as logs of OpenTelemetry', () => {
  it('have their time, weight, text and what can be searched', () => {
    const record = exported(refused(id), { line: 3 });
    const [log] = logsOf(record);
    expect(log).toMatchObject({
      timeUnixNano: '1767603600250000000',
      observedTimeUnixNano: '1767603601000000000',
      severityNumber: 13,
      severityText: 'WARNING',
      eventName: 'drawbridge.CommandRefused',
      body: { stringValue: record.text },
    });
    expect(log?.attributes).toEqual(
      expect.arrayContaining([
        { key: 'drawbridge.stream', value: { stringValue: 'COMMANDS' } },
        { key: 'drawbridge.sequence', value: { intValue: '7' } },
        { key: 'drawbridge.line', value: { intValue: '3' } },
        { key: 'drawbridge.commandId', value: { stringValue: id } },
        { key: 'drawbridge.decision.reason', value: { stringValue: 'grant_missing' } },
        { key: 'http.response.status_code', value: { intValue: '403' } },
        { key: 'user.id', value: { stringValue: 'agent-oncall' } },
        {
          key: 'drawbridge.agent.groups',
          value: { arrayValue: { values: [{ stringValue: 'oncall-agents' }] } },
        },
      ]),
    );
  });

  it('keep their order', () =>
    expect(
      logsOf(exported(refused(id)), exported(ended(id))).map(({ eventName }) => eventName),
    ).toEqual(['drawbridge.CommandRefused', 'drawbridge.CommandEnded']));

  it('cut what is searched and never what is kept', () => {
    const path = 'x'.repeat(2000);
    const [log] = logsOf(exported(refused(id, { path })));
    expect(log?.body.stringValue).toContain(path);
    expect(log?.attributes.find(({ key }) => key === 'url.path')).toEqual({
      key: 'url.path',
      value: { stringValue: `${'x'.repeat(1024)}…` },
    });
  });

  it('are what the protocol allows, whatever a record holds', () =>
    fc.assert(
      fc.property(fc.dictionary(fc.string({ unit: 'binary' }), fc.jsonValue()), (extra) => {
        const { type, at } = { type: 'Some', at: '2026-01-05T09:00:00Z' };
        const record = exported({ ...extra, type, at });
        const [log] = logsOf(record);
        expect(log?.body.stringValue).toBe(record.text);
        expect(log?.attributes.length).toBeLessThanOrEqual(99);
      }),
      { numRuns: 300 },
    ));
});
