import type { LoggerService } from '@nestjs/common';
import { ApprovalConfig, startApproval } from '@drawbridge/approval';
import { AuditConfig, startAudit } from '@drawbridge/audit';
import type { EmbeddedClickHouse } from '@drawbridge/embedded';
import { IdentityConfig, startIdentity } from '@drawbridge/identity';
import { PolicyConfig, startPolicy } from '@drawbridge/policy';
import { ProxyConfig, startProxy } from '@drawbridge/proxy';
import { closeOnFailure, loadConfig, type RunningService } from '@drawbridge/runtime';
import type { StandIns } from './stand-ins.js';

export interface ServiceSurroundings {
  readonly logger: LoggerService;
  readonly clickhouse: EmbeddedClickHouse;
}

/** Starts all five services in this process, each from the environment its own process would have. */
export async function startServices(
  { environments }: Pick<StandIns, 'environments'>,
  { logger, clickhouse }: ServiceSurroundings,
): Promise<{ close(): Promise<void> }> {
  const starts: (() => Promise<RunningService>)[] = [
    () => startIdentity(loadConfig(IdentityConfig, environments.identity), { logger }),
    () => startPolicy(loadConfig(PolicyConfig, environments.policy), { logger }),
    () => startApproval(loadConfig(ApprovalConfig, environments.approval), { logger }),
    () =>
      startAudit(loadConfig(AuditConfig, environments.audit), {
        logger,
        createClient: () => clickhouse.createClient(),
      }),
    () => startProxy(loadConfig(ProxyConfig, environments.proxy), { logger }),
  ];
  return closeOnFailure(async (closers) => {
    for (const start of starts) {
      const service = await start();
      closers.add(() => service.close());
    }
    return { close: () => closers.close() };
  });
}
