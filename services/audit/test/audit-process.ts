/** The program of the child processes that the crash test kills: audit with the embedded ClickHouse. */
import { startEmbeddedClickHouse } from '@drawbridge/embedded';
import { loadConfig, runService } from '@drawbridge/runtime';
import { AuditConfig } from '../src/config.js';
import { startAudit } from '../src/start-audit.js';

runService('audit', async (env, logger) => {
  const clickHouse = await startEmbeddedClickHouse({ directory: env['TEST_DIRECTORY'] ?? '' });
  const service = await startAudit(loadConfig(AuditConfig, env), {
    logger,
    createClient: () => clickHouse.createClient(),
    limits: { maxMessages: 100, ackWaitMs: 3_000 },
  });
  return {
    ...service,
    close: async () => {
      await service.close();
      await clickHouse.close();
    },
  };
});
