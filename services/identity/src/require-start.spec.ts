import { describe, expect, it } from 'vitest';
import type { AccessRequestInput } from '@drawbridge/contracts';
import { requireStart } from './require-start.js';

const now = new Date('2026-01-05T09:00:00.000Z');
const startingAt = (startAt?: string): AccessRequestInput => ({
  connection: 'prod-eks',
  scope: { action: 'view', parameters: {} },
  durationSeconds: 60,
  reason: 'look',
  ...(startAt !== undefined && { startAt }),
});

describe('the start of a request', () => {
  it.each([undefined, '2026-01-05T09:00:00.001Z', '2026-01-12T09:00:00.000Z'])(
    'may be %s',
    (startAt) => expect(() => requireStart(startingAt(startAt), now)).not.toThrow(),
  );

  it.each([
    '2026-01-05T09:00:00.000Z',
    '2025-01-05T10:00:00.000Z',
    '2026-01-12T09:00:00.001Z',
    '9999-01-01T00:00:00.000Z',
  ])('may not be %s', (startAt) =>
    expect(() => requireStart(startingAt(startAt), now)).toThrow(
      expect.objectContaining({ code: 'start_invalid' }) as Error,
    ),
  );
});
