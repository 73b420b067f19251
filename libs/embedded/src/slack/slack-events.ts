import { setTimeout as delay } from 'node:timers/promises';
import type { InteractionAnswer, SignedRequest } from './signed-request.js';
import type { Interaction, Workspace } from './slack-payloads.js';

/** The body of an event of the Events API. `id`: the same for every attempt to deliver it. */
export const eventBody = (
  { teamId, appId }: Workspace,
  { id, event }: { readonly id: string; readonly event: Readonly<Record<string, unknown>> },
): Record<string, unknown> => ({
  type: 'event_callback',
  team_id: teamId,
  api_app_id: appId,
  event,
  event_id: id,
  event_time: Math.floor(Date.now() / 1000),
  is_ext_shared_channel: false,
});

/** The fields of a slash command. */
export const commandFields = (
  { workspace, user, triggerId, responseUrl }: Interaction,
  { command, text }: { readonly command: string; readonly text: string },
): Record<string, string> => ({
  team_id: workspace.teamId,
  team_domain: 'drawbridge-demo',
  channel_id: workspace.channelId,
  channel_name: workspace.channelName,
  user_id: user.id,
  user_name: user.name,
  command,
  text,
  api_app_id: workspace.appId,
  is_enterprise_install: 'false',
  response_url: responseUrl,
  trigger_id: triggerId,
});

/** What says that an event was sent before: in headers of a request, which are not signed, or in an envelope. */
export interface Retry {
  readonly retry_attempt: number;
  readonly retry_reason: string;
}

/**
 * Delivers an event until the app takes it: at once, and again after each of the delays.
 *
 * @see https://docs.slack.dev/apis/events-api/#retries
 */
export async function deliver(
  send: (retry: Retry | undefined) => Promise<InteractionAnswer>,
  retryDelaysMs: readonly number[],
): Promise<InteractionAnswer[]> {
  const answers: InteractionAnswer[] = [];
  for (const [attempt, waitMs] of [0, ...retryDelaysMs].entries()) {
    await delay(waitMs);
    const answer = await send(retryOf(attempt, answers.at(-1)));
    answers.push(answer);
    if (answer.status >= 200 && answer.status < 300) break;
  }
  return answers;
}

function retryOf(attempt: number, failed: InteractionAnswer | undefined): Retry | undefined {
  if (failed === undefined) return undefined;
  const reason = failed.status === 0 ? 'http_timeout' : 'http_error';
  return { retry_attempt: attempt, retry_reason: reason };
}

/** The same request, said to be a repetition. */
export function asRetry(request: SignedRequest, retry: Retry | undefined): SignedRequest {
  if (retry === undefined) return request;
  const { retry_attempt: attempt, retry_reason: reason } = retry;
  const said = { 'X-Slack-Retry-Num': String(attempt), 'X-Slack-Retry-Reason': reason };
  return { ...request, headers: { ...request.headers, ...said } };
}
