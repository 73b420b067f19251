import { clockConfig, commonConfig } from '@drawbridge/runtime';
import { z } from 'zod';

const text = z.string().min(1);

/** A Slack stand-in may only be on this machine. */
function isSlackAddress(address: string): boolean {
  if (!URL.canParse(address)) return false;
  const { protocol, hostname, username } = new URL(address);
  if (username !== '') return false;
  const isLoopback = ['127.0.0.1', '[::1]', 'localhost'].includes(hostname);
  return protocol === 'https:' || (protocol === 'http:' && isLoopback);
}

const withSlack = ['SLACK_TEAM_ID', 'SLACK_CHANNEL', 'CONFIG_DIR'] as const;

/** What approval reads from the environment. Without `SLACK_BOT_TOKEN_FILE` decisions come over HTTP only. */
export const ApprovalConfig = z
  .object({
    ...commonConfig,
    ...clockConfig,
    ADMIN_GROUPS: z
      .string()
      .transform((names) => names.split(',').map((group) => group.trim()))
      .pipe(z.array(text.describe('expected group names with commas between')))
      .optional()
      .describe(
        'Humans in one of these groups may raise all bridges, release any, and revoke any grant. Default: nobody',
      ),
    CONFIG_DIR: text
      .optional()
      .describe(
        'Directory with the Human documents that map Slack accounts, the Schedules of who is on call, the Issuers of fresh logins, the Webhooks, and the Connections, of which only the names are read',
      ),
    STEP_UP_KEY_FILE: text
      .optional()
      .describe(
        'File with 32 random bytes in base64; replicas that share it can each end a fresh login',
      ),
    SLACK_BOT_TOKEN_FILE: text.optional().describe('File that holds the bot token, xoxb-…'),
    SLACK_SIGNING_SECRET_FILE: text
      .optional()
      .describe(
        'File that holds the signing secret, for requests at /slack/events; with it anybody can click as anybody',
      ),
    SLACK_APP_TOKEN_FILE: text
      .optional()
      .describe('File that holds the app-level token, xapp-…, which turns Socket Mode on'),
    SLACK_TEAM_ID: text
      .regex(/^T[A-Z0-9]+$/, 'expected a workspace id, T…')
      .optional()
      .describe('Interactions of any other workspace are refused'),
    SLACK_APP_ID: text
      .regex(/^A[A-Z0-9]+$/, 'expected an app id, A…')
      .optional()
      .describe('Interactions of any other app are refused'),
    SLACK_CHANNEL: text
      .regex(/^[CG][A-Z0-9]+$/, 'expected a channel id, C… or G…, not its name')
      .optional()
      .describe('Channel of the cards; the app must be a member'),
    SLACK_API_URL: z
      .string()
      .refine(isSlackAddress, 'expected https, or http on this machine, without a user')
      .default('https://slack.com/api/')
      .describe('Another address than Slack’s gets the bot token'),
  })
  .superRefine((config, context) => {
    if (config.SLACK_BOT_TOKEN_FILE === undefined) return;
    for (const name of withSlack.filter((variable) => config[variable] === undefined)) {
      const message = 'is required with SLACK_BOT_TOKEN_FILE';
      context.addIssue({ code: 'custom', path: [name], message });
    }
    if (config.SLACK_SIGNING_SECRET_FILE ?? config.SLACK_APP_TOKEN_FILE) return;
    const message = 'or SLACK_APP_TOKEN_FILE is required with SLACK_BOT_TOKEN_FILE';
    context.addIssue({ code: 'custom', path: ['SLACK_SIGNING_SECRET_FILE'], message });
  });
export type ApprovalConfig = z.infer<typeof ApprovalConfig>;

/** Everything that Slack needs, or none of it. */
export interface SlackSettings {
  readonly apiUrl: string;
  readonly botTokenFile: string;
  /** Absent: nothing is taken over HTTP. */
  readonly signingSecretFile?: string;
  /** Absent: no Socket Mode. At least one of both is there. */
  readonly appTokenFile?: string;
  readonly teamId: string;
  readonly appId?: string;
  readonly channel: string;
  readonly configDirectory: string;
}

/** `undefined` when Slack is not configured. */
export function slackSettings(config: ApprovalConfig): SlackSettings | undefined {
  const {
    SLACK_BOT_TOKEN_FILE: botTokenFile,
    SLACK_TEAM_ID: teamId,
    SLACK_CHANNEL: channel,
    CONFIG_DIR: configDirectory,
    SLACK_API_URL: apiUrl,
  } = config;
  const isWhole =
    botTokenFile !== undefined &&
    teamId !== undefined &&
    channel !== undefined &&
    configDirectory !== undefined;
  if (!isWhole) return undefined;
  return { apiUrl, botTokenFile, teamId, channel, configDirectory, ...optionalSettings(config) };
}

const optionalSettings = ({
  SLACK_SIGNING_SECRET_FILE: signingSecretFile,
  SLACK_APP_TOKEN_FILE: appTokenFile,
  SLACK_APP_ID: appId,
}: ApprovalConfig): Pick<SlackSettings, 'signingSecretFile' | 'appTokenFile' | 'appId'> => ({
  ...(signingSecretFile === undefined ? {} : { signingSecretFile }),
  ...(appTokenFile === undefined ? {} : { appTokenFile }),
  ...(appId === undefined ? {} : { appId }),
});
