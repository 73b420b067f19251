import type { SessionHeader } from '@drawbridge/contracts';
import { expect, it } from 'vitest';
import type { CallOutcome } from '../domain/call-outcome.js';
import { RecordedChannels } from './recorded-channels.js';
import { RecordedSession } from './record-session.js';
import { SessionRecording, type RecordedLine } from './session-recording.js';

const header: SessionHeader = { version: 1, tty: false, stdin: false, kind: 'exec' };

/** A recorded session, what it is told to do, and the lines of its record. */
function sessionWith() {
  const lines: RecordedLine[] = [];
  const told: string[] = [];
  const recording = new SessionRecording({
    ...{ log: { piece: (line: RecordedLine) => lines.push(line) > 0 }, header },
    ...{ commandId: '01939b0a-7c00-7000-8000-000000000001', connection: 'prod' },
    ...{ begunAt: new Date('2026-11-22T10:00:00Z'), now: () => 0 },
  });
  const channels = new RecordedChannels({ recording, next: undefined });
  const recorded = new RecordedSession({ tty: false, watch: undefined, recording, channels });
  recorded.control({
    hold: (by) => told.push(`hold ${by}`),
    release: (by) => told.push(`release ${by}`),
    cut: (reason) => told.push(`cut ${reason}`),
  });
  return { recorded, recording, lines, told };
}

const outcome: CallOutcome = {
  ...{ outcome: 'cut', reason: 'record_unavailable', statusCode: 101 },
  ...{ requestBytes: 0, responseBytes: 0 },
};

it('a session of which nothing more can be recorded ends, and says so', () => {
  const { recorded, recording, lines, told } = sessionWith();
  recording.bytes('o', Buffer.alloc(16_384, 'x'));
  lines[0]?.delayed('command_log_full');
  expect(told).toStrictEqual(['cut record_unavailable']);
  expect(recorded.end(outcome)).toStrictEqual(outcome);
  const last = lines.at(-1)?.line ?? '';
  expect(last).toContain('"m","drawbridge: record_unavailable"');
  expect(last).toContain('"final":{"chunks":2,"cut":"command_log_full"}');
});

it('a session waits for its record, and goes on with it', () => {
  const { recording, lines, told } = sessionWith();
  for (let count = 0; count < 17; count += 1) recording.bytes('o', Buffer.alloc(16_384, 'x'));
  expect(told).toStrictEqual(['hold record']);
  for (const { stored } of lines) stored();
  expect(told).toStrictEqual(['hold record', 'release record']);
});

it('a session whose client sends a flood of small frames waits, whatever they are', () => {
  const { recorded, told } = sessionWith();
  const channels = ['stdin', 'resize'] as const;
  for (let count = 0; count < 2_000; count += 1) {
    const type = channels[count % 2] ?? 'stdin';
    recorded.observer?.data({ id: 0, type }, 'client', Buffer.from('{}'));
    if (count < 1_000) expect(told).toStrictEqual([]);
  }
  expect(told).toStrictEqual(['hold pace']);
});

it('a flood that a cluster sends is not held up by its frames, but by who reads it', () => {
  const { recorded, told } = sessionWith();
  for (let count = 0; count < 3_000; count += 1) {
    recorded.observer?.data({ id: 1, type: 'stdout' }, 'cluster', Buffer.from('x'));
  }
  expect(told).toStrictEqual([]);
});
