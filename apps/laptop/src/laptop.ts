import { join } from 'node:path';
import type { LoggerService } from '@nestjs/common';
import { startEmbeddedClickHouse } from '@drawbridge/embedded';
import { closeOnFailure } from '@drawbridge/runtime';
import { startServices } from './services.js';
import { SlackDesk } from './slack-desk.js';
import { startStandIns, type StandInOptions, type StandIns } from './stand-ins.js';

/** The whole of Drawbridge on one machine: stand-ins, and all services in this process. */
export interface Laptop extends Omit<StandIns, 'slack'> {
  /** What a person does in Slack. */
  readonly slack: SlackDesk;
}

/** Starts everything; ready when it resolves. Closes what it had started when a part fails. */
export async function startLaptop(options: StandInOptions, logger: LoggerService): Promise<Laptop> {
  return closeOnFailure(async (closers) => {
    const standIns = await startStandIns(options);
    closers.add(() => standIns.close());
    const clickhouse = await startEmbeddedClickHouse({
      directory: join(options.state.path, 'clickhouse'),
    });
    closers.add(() => clickhouse.close());
    const services = await startServices(standIns, { logger, clickhouse });
    closers.add(() => services.close());
    const slack = new SlackDesk(standIns.slack, slackCallback(standIns));
    return { ...standIns, slack, close: () => closers.close() };
  });
}

/** The interactivity URL that the Slack app of this composition is set up with. */
export const slackCallback = ({ addresses }: Pick<StandIns, 'addresses'>): string =>
  `${addresses.approvals}/slack/events`;
