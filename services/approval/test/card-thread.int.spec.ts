import type { Fault } from '@drawbridge/embedded';
import { SESSION_SUMMARY_SUBJECT } from '@drawbridge/jetstream';
import { uuidV7 } from '@drawbridge/runtime';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { lettersOf, startWorld, type Replica, type World } from './approval-world.js';
import {
  accessRequested,
  alice,
  bob,
  givenBy,
  grantExpired,
  grantIssued,
  grantRevoked,
  stepsOf,
  validated,
} from './sample-events.js';

let world: World;
let approval: Replica;

beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.stop());
beforeEach(async () => {
  approval = await world.start();
});
afterEach(async () => {
  world.slack.failWith(undefined);
  await approval.close();
});

const press = async (requestId: string, user: 'alice' | 'bob', actionId = 'drawbridge_approve') =>
  world.slack.clickButton({
    user,
    message: await world.card(requestId),
    actionId,
    callbackUrl: approval.slackUrl,
  });
const said = async (requestId: string) =>
  (await world.slack.replies(await world.card(requestId))).map((reply) => lettersOf(reply));
const hears = (requestId: string, ...words: string[]) =>
  expect
    .poll(() => said(requestId), { timeout: 60_000 })
    .toEqual(words.map((word) => expect.stringContaining(word) as string));
/** What could not be said at first may come after what happened later. */
const hearsOnce = async (requestId: string, ...words: string[]) => {
  await expect
    .poll(() => said(requestId), { timeout: 60_000 })
    .toEqual(expect.arrayContaining(words.map((word) => expect.stringContaining(word) as string)));
  expect(await said(requestId)).toHaveLength(words.length);
};
/** Fails every message from now on. */
function failReply(fault: Fault): { readonly called: () => Promise<void> } {
  let posts = 0;
  world.slack.failWith((method) => {
    if (method !== 'chat.postMessage') return undefined;
    posts += 1;
    return fault;
  });
  return { called: () => expect.poll(() => posts, { timeout: 60_000 }).toBeGreaterThan(0) };
}

describe('the thread of a card', () => {
  it('tells what became of the request, and of its grant', async () => {
    const requestId = await world.ask();
    await press(requestId, 'alice');
    await world.eventOf(requestId, 'AccessRequestApproved');
    await world.append(requestId, grantIssued);
    await hears(requestId, 'Granted by alice@corp.test');
    await world.append(requestId, grantRevoked);
    await hears(requestId, 'Granted', 'revoked by bob@corp.test: not needed any more');
  });

  it('tells what was done by a grant that is over, once audit knows', async () => {
    let asked = 0;
    const audit = world.connection.nats.subscribe(SESSION_SUMMARY_SUBJECT, {
      callback: (_error, message) => {
        asked += 1;
        const numbers = { calls: 14, changes: 1, refused: 0 };
        message.respond(JSON.stringify({ position: 7, ...(asked < 3 ? {} : { numbers }) }));
      },
    });
    const requestId = await world.ask();
    await world.card(requestId, 'Decide by');
    await world.append(requestId, grantIssued, grantExpired);
    await hearsOnce(requestId, 'Granted', '14 calls, 1 change, 0 refused, 15 minutes');
    expect(asked).toBe(3);
    audit.unsubscribe();
  });

  it('tells who gave less', async () => {
    const approval2 = stepsOf({
      order: 'parallel',
      steps: [{ type: 'humans', name: 'on-call', count: 2, groups: ['sre-oncall'] }],
    });
    const requestId = await world.ask({ approval: approval2 });
    await world.card(requestId, 'Decide by');
    await world.append(requestId, givenBy(alice, { narrow: { durationSeconds: 300 } }));
    await hears(requestId, 'alice@corp.test gives less: 5 minutes');
  });

  it('tells of a denial in the words of who denied, as text', async () => {
    const requestId = await world.ask();
    await world.card(requestId, 'Decide by');
    const reason = '<!channel> *no* \u202E https://evil.test';
    await world.append(requestId, {
      type: 'AccessRequestRejected',
      data: { by: bob, reason },
    });
    await hears(requestId, 'Denied by bob@corp.test: <!channel> *no* ‹U+202E› https[:]//evil.test');
    const [reply] = await world.slack.replies(await world.card(requestId));
    expect(reply?.text).not.toMatch(/[<>*]|:\/\//);
    expect(JSON.stringify(reply?.blocks)).not.toContain('mrkdwn');
  });

  it('is not begun for a request that nobody is asked about', async () => {
    const requestId = uuidV7(new Date());
    await world.append(requestId, accessRequested, validated({ type: 'none' }), grantIssued);
    const later = await world.ask();
    await world.card(later);
    expect(await world.cards(requestId)).toStrictEqual([]);
  });
});

describe('a message in a thread', () => {
  const granted = async () => {
    const requestId = await world.ask();
    await world.card(requestId, 'Decide by');
    return requestId;
  };

  it('comes once although the answer to the first attempt was lost', async () => {
    const requestId = await granted();
    const { called } = failReply({ type: 'lost_answer' });
    await world.append(requestId, grantIssued);
    await called();
    world.slack.failWith(undefined);
    await world.append(requestId, grantExpired);
    await hearsOnce(requestId, 'Granted', 'has expired');
  });

  it.each(['hang', 'lost_answer'] as const)(
    'comes once when the process dies before it remembers (%s)',
    async (type) => {
      const requestId = await granted();
      const { called } = failReply({ type });
      await world.append(requestId, grantIssued);
      await called();
      approval.kill();
      world.slack.failWith(undefined);
      approval = await world.start();
      await world.append(requestId, grantExpired);
      await hearsOnce(requestId, 'Granted', 'has expired');
      expect(await world.cards(requestId)).toHaveLength(1);
    },
  );

  it('comes once from two replicas', async () => {
    const other = await world.start();
    const requests = await Promise.all(Array.from({ length: 6 }, granted));
    await Promise.all(requests.map((id) => world.append(id, grantIssued, grantExpired)));
    for (const requestId of requests) await hearsOnce(requestId, 'Granted', 'has expired');
    await other.close();
  });
});
