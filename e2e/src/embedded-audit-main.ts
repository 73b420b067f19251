import { AuditConfig, startAudit } from '@drawbridge/audit';
import { startEmbeddedClickHouse } from '@drawbridge/embedded';
import { loadConfig, runService } from '@drawbridge/runtime';
import { z } from 'zod';

const EmbeddedAuditConfig = z.object({ CLICKHOUSE_DIRECTORY: z.string().min(1) });

/** The audit service as a process of its own, with the in-process engine: for tests that kill processes. */
runService('audit', async (env, logger) => {
  const { CLICKHOUSE_DIRECTORY } = loadConfig(EmbeddedAuditConfig, env);
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
