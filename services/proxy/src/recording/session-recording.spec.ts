import { SessionChunk, type SessionHeader } from '@drawbridge/contracts';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { SessionRecording, type RecordedLine } from './session-recording.js';

const COMMAND = '01939b0a-7c00-7000-8000-000000000001';
const header: SessionHeader = {
  version: 1,
  argv: ['sh'],
  tty: true,
  stdin: true,
  kind: 'exec',
};

/** A recording, its clock, and what it has sent. */
function recordingWith({ roomFor = Infinity } = {}) {
  const lines: RecordedLine[] = [];
  const told: string[] = [];
  const clock = { ms: 5_000 };
  const recording = new SessionRecording({
    log: { piece: (line) => lines.push(line) < roomFor },
    commandId: COMMAND,
    connection: 'prod',
    header,
    begunAt: new Date('2026-11-22T10:00:00Z'),
    now: () => clock.ms,
  });
  recording.listen({
    onFull: () => told.push('full'),
    onRoom: () => told.push('room'),
    onFailed: (why) => told.push(why),
  });
  const chunks = () => lines.map(({ line }) => SessionChunk.parse(JSON.parse(line)));
  return { recording, lines, told, clock, chunks };
}

const text = (value: string) => Buffer.from(value);

describe('the recording of a session', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('leaves in numbered pieces, with a header in front and a number at the end', () => {
    const { recording, clock, chunks } = recordingWith();
    clock.ms += 250;
    recording.bytes('o', text('$ '));
    vi.advanceTimersByTime(1_000);
    clock.ms += 1_000;
    recording.bytes('o', text('bye'));
    recording.end();
    const same = { type: 'SessionChunk', commandId: COMMAND, connection: 'prod' };
    expect(chunks()).toStrictEqual([
      { ...same, at: '2026-11-22T10:00:00.000Z', index: 0, frames: [[0.25, 'o', '$ ']], header },
      {
        ...same,
        at: '2026-11-22T10:00:01.250Z',
        index: 1,
        frames: [[1.25, 'o', 'bye']],
        final: { chunks: 2 },
      },
    ]);
  });

  it('has members in the documented order', () => {
    const { recording, lines } = recordingWith();
    recording.end();
    expect(Object.keys(JSON.parse(lines[0]?.line ?? '{}') as object)).toStrictEqual([
      ...['type', 'commandId', 'connection', 'at', 'index', 'frames', 'header', 'final'],
    ]);
  });

  it('is there after a second, though nothing has passed', () => {
    const { chunks } = recordingWith();
    vi.advanceTimersByTime(999);
    expect(chunks()).toHaveLength(0);
    vi.advanceTimersByTime(1);
    expect(chunks()).toHaveLength(1);
    vi.advanceTimersByTime(60_000);
    expect(chunks()).toHaveLength(1);
  });

  it('sends a piece at once when it is full', () => {
    const { recording, chunks } = recordingWith();
    recording.bytes('o', Buffer.alloc(40_000, 'x'));
    expect(chunks().length).toBeGreaterThan(1);
  });

  it('holds the session while too much of it is not acknowledged, and no longer', () => {
    const { recording, lines, told } = recordingWith();
    while (!told.includes('full')) recording.bytes('o', Buffer.alloc(16_384, 'x'));
    const waiting = lines.reduce((sum, { line }) => sum + line.length, 0);
    expect(waiting).toBeGreaterThan(262_144);
    expect(waiting).toBeLessThan(262_144 + 32_768);
    for (const { stored } of lines.slice(0, 4)) stored();
    expect(told).toStrictEqual(['full']);
    for (const { stored } of lines.slice(4)) stored();
    expect(told).toStrictEqual(['full', 'room']);
  });

  it('waits with its first piece while the record of all is full, and goes on when that is stored', () => {
    const { recording, lines, told } = recordingWith({ roomFor: 1 });
    recording.bytes('o', Buffer.alloc(16_384, 'x'));
    expect(told).toStrictEqual(['full']);
    lines[0]?.stored();
    expect(told).toStrictEqual(['full', 'room']);
  });

  it('waits too when the record of all was full before anybody listened', () => {
    const { recording, told } = recordingWith({ roomFor: 1 });
    recording.bytes('o', text('x'.repeat(16_384)));
    told.length = 0;
    recording.listen({
      onFull: () => told.push('full'),
      onRoom: () => undefined,
      onFailed: () => undefined,
    });
    expect(told).toStrictEqual(['full']);
  });

  it('tells when it cannot go on, and says so in its end', () => {
    const { recording, lines, told, chunks } = recordingWith();
    recording.bytes('o', Buffer.alloc(16_384, 'x'));
    lines[0]?.delayed('command_log_unavailable');
    expect(told).toStrictEqual(['command_log_unavailable']);
    recording.end();
    expect(chunks().at(-1)?.final).toStrictEqual({ chunks: 2, cut: 'command_log_unavailable' });
  });

  it('takes nothing behind its end, and tells nobody anything any more', () => {
    const { recording, lines, told, chunks } = recordingWith();
    recording.end();
    recording.bytes('o', text('late'));
    recording.end();
    lines[0]?.delayed('command_log_full');
    vi.advanceTimersByTime(5_000);
    expect(chunks()).toHaveLength(1);
    expect(told).toStrictEqual([]);
  });
});
