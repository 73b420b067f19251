import type { LoggerService } from '@nestjs/common';
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
  const standIns = await startStandIns(options);
  try {
    const services = await startServices(standIns, logger);
    return {
      ...standIns,
      slack: new SlackDesk(standIns.slack, `${standIns.addresses.approvals}/slack/events`),
      close: async () => {
        await services.close();
        await standIns.close();
      },
    };
  } catch (error) {
    await standIns.close();
    throw error;
  }
}
