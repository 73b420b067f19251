import type { SignedRequest } from '@drawbridge/embedded';
import { slackApprovers } from './life-people.js';
import type { LifeWorld } from './life-world.js';

type Parts = LifeWorld['parts'];

/** A finger on a button. @returns the status that the click is answered with */
export type Click = () => Promise<number>;

/** Approvers who have these requests before their eyes, taking turns. @returns a click for each, in their order */
export type Ready = (parts: Parts, requestIds: readonly string[]) => Promise<readonly Click[]>;

const inTurn = <Item>(items: readonly Item[], number: number): Item => {
  const item = items[number % items.length];
  if (item === undefined) throw new Error('there is nobody');
  return item;
};

/** As Slack sends the press of the button on the card, signed. */
export const inSlack: Ready = async ({ standIns, approvalUrl }, requestIds) => {
  const presses = requestIds.map((requestId, number) => ({
    requestId,
    user: inTurn(slackApprovers, number),
  }));
  const callbackUrl = `${approvalUrl}/slack/events`;
  const signed = await standIns.sign({ callbackUrl, presses });
  return signed.map((request) => () => send(request));
};

/** As `drawbridge approve` does it. */
export const overHttp: Ready = ({ standIns, approvalUrl }, requestIds) =>
  Promise.resolve(
    requestIds.map((requestId, number) => {
      const token = inTurn(standIns.at.approverTokens, number);
      return () =>
        send({
          url: `${approvalUrl}/v1/access-requests/${requestId}/approve`,
          headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
          body: '{}',
        });
    }),
  );

async function send({ url, headers, body }: SignedRequest): Promise<number> {
  const answer = await fetch(url, { method: 'POST', headers, body });
  await answer.arrayBuffer();
  return answer.status;
}
