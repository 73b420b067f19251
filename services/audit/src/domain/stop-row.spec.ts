import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { StoredEvent } from './event-row.js';
import { stopRow } from './stop-row.js';

const stored = readFileSync(
  new URL('../../../../libs/contracts/samples/stop-events-v1.jsonl', import.meta.url),
  'utf8',
)
  .trimEnd()
  .split('\n')
  .map((line, index) => ({
    ...(JSON.parse(line) as Omit<StoredEvent, 'sequence' | 'hash'>),
    sequence: index + 1,
    hash: 'h',
  }));

describe('a row of a stop', () => {
  it('says what is stopped, to be searched', () => {
    expect(
      stored.map((event) => {
        const { stop_key, type, connection, agent_subject } = stopRow(event);
        return [stop_key, type, connection, agent_subject];
      }),
    ).toStrictEqual([
      ['all', 'BridgesRaised', undefined, undefined],
      ['all', 'BridgesReleased', undefined, undefined],
      ['c_prod-eks', 'BridgesRaised', 'prod-eks', undefined],
      [expect.stringMatching(/^d_/), 'AgentDisabled', undefined, 'agent-oncall'],
      [expect.stringMatching(/^d_/), 'AgentEnabled', undefined, 'agent-oncall'],
      [expect.stringMatching(/^s_/), 'SessionPaused', 'prod-eks', undefined],
      [expect.stringMatching(/^s_/), 'SessionResumed', 'prod-eks', undefined],
      [expect.stringMatching(/^s_/), 'SessionCut', 'prod-eks', undefined],
    ]);
  });

  it('of a type or with data that nobody knows yet is a row all the same', () => {
    const [first] = stored;
    const row = stopRow({ ...first!, type: 'BridgesRaisedHalf', data: { target: 'all' } });
    expect(row).toMatchObject({ stop_key: 'all', data: '{"target":"all"}' });
    expect(row).not.toHaveProperty('connection');
  });
});
