import { setTimeout as delay } from 'node:timers/promises';
import type { HoldsWorld } from './holds-world.js';

const POLL_MS = 25;
/** Of a machine that does many other things. */
const WAIT_MS = 60_000;

/** A human who has a held call before their eyes, and a finger on the button. */
export type Ready = (holdId: string) => Promise<() => Promise<number>>;

/** As `drawbridge holds approve` does it. */
export const overHttp =
  ({ approvalUrl, humanToken }: HoldsWorld): Ready =>
  (holdId) =>
    Promise.resolve(async () => {
      const answer = await fetch(`${approvalUrl}/v1/holds/${holdId}/approve`, {
        method: 'POST',
        headers: { authorization: `Bearer ${humanToken}`, 'content-type': 'application/json' },
        body: '{}',
      });
      await answer.arrayBuffer();
      return answer.status;
    });

/** As Slack sends the press of the button on the card, signed. */
export const inSlack =
  ({ slack, approvalUrl }: HoldsWorld): Ready =>
  async (holdId) => {
    const message = await cardOf(slack, holdId);
    const actionId = 'drawbridge_hold_approve';
    const callbackUrl = `${approvalUrl}/slack/events`;
    return async () => {
      const click = { user: 'alice', message, actionId, callbackUrl } as const;
      return (await slack.clickButton(click)).status;
    };
  };

async function cardOf(slack: HoldsWorld['slack'], holdId: string) {
  const deadline = performance.now() + WAIT_MS;
  while (performance.now() < deadline) {
    const messages = await slack.messages();
    const card = messages.find(({ metadata }) => metadata?.event_payload['hold_id'] === holdId);
    if (card !== undefined) return card;
    await delay(POLL_MS);
  }
  throw new Error(`there is no card of hold ${holdId}`);
}
