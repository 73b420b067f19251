import { describe, expect, it } from 'vitest';
import type { Principal } from '@drawbridge/contracts';
import { requireRun } from './require-run.js';

const agent: Principal = { kind: 'agent', issuer: 'https://id.test', subject: 'a', groups: [] };
const of = (run?: string) => ({ ...agent, ...(run !== undefined && { run }) });
const asked = { runId: 'nightly-1' };

describe('asking in the name of a run', () => {
  it('is for a token of this run, where the issuer tells', () =>
    expect(() => requireRun(asked, { principal: of('nightly-1'), mapsRun: true })).not.toThrow());

  it.each([undefined, 'nightly-2', 'nightly'])('is refused to a token of %s', (run) =>
    expect(() => requireRun(asked, { principal: of(run), mapsRun: true })).toThrow(
      expect.objectContaining({ code: 'run_not_yours' }) as Error,
    ),
  );

  it('is only a name where the issuer does not tell', () =>
    expect(() => requireRun(asked, { principal: agent })).not.toThrow());

  it('is not needed', () =>
    expect(() => requireRun({}, { principal: of('nightly-1'), mapsRun: true })).not.toThrow());
});
