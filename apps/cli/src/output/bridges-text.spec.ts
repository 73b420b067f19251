import { describe, expect, it } from 'vitest';
import { bridgesTable, raisedText } from './bridges-text.js';

const raised = {
  target: { connection: 'prod-eks' },
  reason: 'incident',
  raisedBy: 'alice@corp.test',
  raisedAt: '2026-11-22T09:00:00.000Z',
};

describe('what people read of raised bridges', () => {
  it('says what ends, and for how long', () => {
    expect(raisedText({ ...raised, keep: true, openGrants: 1 })).toBe(
      'connection prod-eks: one open grant ends; nothing is granted there until a release\n  raised by alice@corp.test: incident\n',
    );
    expect(raisedText({ ...raised, target: 'all', keep: false, openGrants: 0 })).toContain(
      'all bridges: 0 open grants end; new requests are judged as ever',
    );
  });

  it('lists what is raised, and deceives nobody', () => {
    const agent = { issuer: 'https://idp.test', subject: 'a\u202eb' };
    const text = bridgesTable({ items: [raised, { ...raised, target: { agent } }] });
    expect(text).toContain('connection prod-eks');
    expect(text).toContain('agent a\\u{202e}b of https://idp.test');
    expect(bridgesTable({ items: [] })).toBe('no bridges are raised\n');
  });
});
