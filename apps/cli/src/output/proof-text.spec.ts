import { describe, expect, it } from 'vitest';
import type { ProofReport } from '../integrity/check-proof-file.js';
import { proofReport } from './proof-text.js';

const at = '2026-01-05T09:00:00.000Z';
const reportOf = (...types: readonly string[]): string =>
  proofReport({
    ...{ commandId: 'id', by: 'bob\u001b[2J', at, stamps: [], chain: { name: 'x', keys: [] } },
    records: types.map((type) => ({
      ...{ type, record: { at, path: '/a\u001b]0;x' } },
      proven: { line: 0, lines: 2, sequence: 3, storedAt: at },
      checkpoint: { size: 4, at },
    })),
  } as unknown as ProofReport);

describe('what a proof proves', () => {
  it('does not say of a command without an end that it had none: audit may have been behind', () => {
    const said = 'no end of it was known when the proof was taken';
    expect(reportOf('CommandStarted')).toContain(said);
    expect(reportOf('CommandStarted', 'CommandEnded')).not.toContain(said);
    expect(reportOf('CommandRefused')).not.toContain(said);
  });

  it('shows what others wrote as text', () => {
    expect(reportOf('CommandRefused')).not.toContain('\u001b');
  });
});
