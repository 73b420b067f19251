import { AuditConfig, startAudit } from '@drawbridge/audit';
import { startEmbeddedClickHouse } from '@drawbridge/embedded';
import { loadConfig, runService } from '@drawbridge/runtime';
import { z } from 'zod';

const Directory = z.object({ CLICKHOUSE_DIRECTORY: z.string().min(1) });

/** Audit with the embedded ClickHouse, as on a laptop, but in a process of its own: its CPU can be told. */
runService('audit', async (env, logger) => {
  const { CLICKHOUSE_DIRECTORY } = loadConfig(Directory, env);
  const engine = await startEmbeddedClickHouse({ directory: CLICKHOUSE_DIRECTORY });
  const service = await startAudit(loadConfig(AuditConfig, env), {
    logger,
    createClient: () => engine.createClient(),
  });
  return {
    ...service,
    close: async () => {
      await service.close();
      await engine.close();
    },
  };
});
