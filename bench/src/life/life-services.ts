import { join } from 'node:path';
import type { ServiceName } from '@drawbridge/contracts';
import { freePort, repositoryRoot } from '@drawbridge/embedded';
import { BenchProcess } from '../machine/bench-process.js';
import { waitForAnswer } from '../peers/wait-for-answer.js';
import type { Ready } from './stand-ins-messages.js';

/** Nobody here is to meet the limits of an agent: it asks for more than a well-behaved one does in an hour. */
const MANY_REQUESTS = { MAX_OPEN_REQUESTS: '1000', REQUESTS_PER_MINUTE: '100000' } as const;

/** A service that answers. */
export interface RunningPart {
  readonly url: string;
  readonly pid: number;
  readonly stop: () => Promise<unknown>;
}

export interface ServiceSurroundings {
  readonly natsUrl: string;
  readonly configDirectory: string;
  /** Writes a file that only its owner may read. @returns its path */
  readonly file: (name: string, text: string) => string;
}

export const startIdentity = (around: ServiceSurroundings): Promise<RunningPart> =>
  startService('identity', around, {
    ...MANY_REQUESTS,
    // Only told to clients, who here know it.
    APPROVALS_URL: 'http://127.0.0.1',
    AUDIT_URL: 'http://127.0.0.1',
    GATEWAY_URL: 'https://localhost',
  });

export const startPolicy = (around: ServiceSurroundings): Promise<RunningPart> =>
  startService('policy', around, {});

export const startApproval = (
  around: ServiceSurroundings,
  { slack }: Ready,
): Promise<RunningPart> =>
  startService('approval', around, {
    SLACK_BOT_TOKEN_FILE: around.file('slack-bot-token', slack.botToken),
    SLACK_SIGNING_SECRET_FILE: around.file('slack-signing-secret', slack.signingSecret),
    SLACK_TEAM_ID: slack.teamId,
    SLACK_APP_ID: slack.appId,
    SLACK_CHANNEL: slack.channelId,
    SLACK_API_URL: slack.apiUrl,
  });

/** The production build in a process of its own. */
async function startService(
  name: ServiceName,
  { natsUrl, configDirectory }: ServiceSurroundings,
  variables: Readonly<Record<string, string>>,
): Promise<RunningPart> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const running = await BenchProcess.start({
    command: process.execPath,
    args: [join(repositoryRoot(), 'services', name, 'dist/main.js')],
    cores: [],
    cwd: configDirectory,
    env: {
      NODE_ENV: 'production',
      NATS_URL: natsUrl,
      HTTP_PORT: String(port),
      PUBLIC_URL: url,
      LOG_LEVEL: 'warn',
      CONFIG_DIR: configDirectory,
      ...variables,
    },
  });
  await waitForAnswer(`${url}/readyz`, running);
  return { url, pid: running.pid, stop: () => running.stop() };
}
