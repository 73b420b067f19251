import { generateKeyPairSync } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { AuditProcess } from '../ingest/audit-process.js';
import { wrk, type ClosedLoad } from '../load/wrk.js';
import { cpuSeconds } from '../machine/process-usage.js';
import type { Target } from '../peers/target.js';
import type { BenchSession } from '../session.js';
import { paths } from '../upstream/objects.js';
import { measureLoad } from './measure-load.js';
import { interleave, type Row, type Sample } from './row.js';

const LOAD = { path: paths.pod, connections: 64 };
/**
 * How long a call waits for its row while the gateway is at its limit. Audit seals and stores beside it, with the
 * embedded engine, on any core: also on those of the others.
 */
export const ingestLag: Row = {
  name: 'ingest-lag',
  title: 'GET of 2 kB, 64 kept connections, while audit stores and seals the record',
  run: async (session) => {
    const gateway = await session.startDrawbridge('ingest-lag');
    const audit = await AuditProcess.start(session.bus.url, session.directory, signingKey(session));
    try {
      await audit.ready();
      // What the rows before have put on the record.
      await audit.caughtUp();
      const { seconds, warmUpSeconds } = session.options;
      let next = Math.max(seconds, warmUpSeconds);
      const measure = async () => {
        const load = { ...LOAD, seconds: next };
        next = seconds;
        return measureLag(session, { audit, target: gateway.target, load });
      };
      const contests = [{ contender: 'drawbridge, with audit', measure }];
      return { samples: await interleave(contests, session.pace), notes: [] };
    } finally {
      await audit.stop();
      await gateway.stop();
    }
  },
};

interface Lagging {
  readonly audit: AuditProcess;
  readonly target: Target;
  readonly load: ClosedLoad;
}

async function measureLag(
  session: BenchSession,
  { audit, target, load }: Lagging,
): Promise<Sample> {
  const before = cpuSeconds(audit.processId);
  const lags = audit.watchLag();
  const sample = await measureLoad(target, () => wrk(session.generator('wrk'), target, load));
  const { at } = await lags.stop();
  return {
    ...sample,
    lagP50Ms: at(0.5),
    lagP99Ms: at(0.99),
    auditCores: (cpuSeconds(audit.processId) - before) / load.seconds,
  };
}

function signingKey({ directory }: BenchSession): string {
  const file = join(directory, 'audit-signing-key.pem');
  const { privateKey } = generateKeyPairSync('ed25519');
  writeFileSync(file, privateKey.export({ format: 'pem', type: 'pkcs8' }), { mode: 0o600 });
  return file;
}
