import type { AuditStopEvent } from '@drawbridge/contracts';
import { describe, expect, it } from 'vitest';
import { stopEventTable } from './audit-text.js';

const stop = (key: string, type: string): AuditStopEvent => ({
  ...{ sequence: 1, id: '019c0000-0000-7000-8000-000000000001', key, type },
  ...{ schemaVersion: 1, correlationId: 'c', causationId: 'c', at: '2026-01-05T09:00:00.000Z' },
  ...{ actor: { kind: 'human', id: 'https://idp.test#human-alice' }, hash: 'h', previousHash: 'p' },
  data: {},
});

describe('the table of stops', () => {
  it('says what was stopped', () => {
    const session = '019c0000-0000-7000-8000-0000000000aa';
    const text = stopEventTable([
      stop(`s_${session}_prod-eks`, 'SessionCut'),
      stop('c_prod-eks', 'BridgesReleased'),
      stop('all', 'BridgesReleased'),
    ]);
    expect(text).toContain(`session ${session} on prod-eks`);
    expect(text).toContain('connection prod-eks');
    expect(text).toContain('all bridges');
    expect(text).not.toContain('s_019c');
  });
});
