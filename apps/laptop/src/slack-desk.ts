import { setTimeout as delay } from 'node:timers/promises';
import type { DemoSlack, DemoSlackUser } from '@drawbridge/embedded';
import { cardText } from './card-text.js';

type Message = Awaited<ReturnType<DemoSlack['messages']>>[number];

const APPROVE_ACTION = 'drawbridge_approve';
const APPROVE_HOLD_ACTION = 'drawbridge_hold_approve';
const DENY_HOLD_ACTION = 'drawbridge_hold_deny';
const WAIT_MS = 60_000;
const POLL_MS = 100;

export interface CardClick {
  readonly requestId: string;
  readonly human: DemoSlackUser;
}

/** The demo's Slack as a person uses it: read the card of a request, press its buttons. */
export class SlackDesk {
  /** @param callbackUrl - the approval service's interactivity URL */
  constructor(
    readonly workspace: DemoSlack,
    private readonly callbackUrl: string,
  ) {}

  /** The card of a request as text, once it is there. */
  async readCard(requestId: string): Promise<string> {
    return cardText((await this.#card(requestId)).blocks);
  }

  /** The card once `pattern` is on it. */
  async cardShowing(requestId: string, pattern: RegExp): Promise<string> {
    return waitFor(`the card of ${requestId} to show ${pattern.source}`, async () => {
      const text = await this.readCard(requestId);
      return pattern.test(text) ? text : undefined;
    });
  }

  /**
   * Presses Approve on the card, as a signed interaction.
   *
   * @returns what Slack then shows to this person alone; empty when the app said nothing
   */
  async pressApprove({ requestId, human }: CardClick): Promise<string> {
    const message = await this.#card(requestId);
    const before = this.workspace.ephemerals(human).length;
    await this.#press(message, human, APPROVE_ACTION);
    return this.#toldAlone(human, before);
  }

  /** The card of the newest held call that `call` is on, as text, once `pattern` is on it too. */
  async readHold(call: RegExp, pattern = call): Promise<string> {
    return waitFor(`the card of a held call to show ${pattern.source}`, async () => {
      const text = cardText((await this.#holdCard(call)).blocks);
      return pattern.test(text) ? text : undefined;
    });
  }

  /** Presses Approve once on the card of a held call. */
  async approveHold(call: RegExp, human: DemoSlackUser): Promise<void> {
    await this.#press(await this.#holdCard(call), human, APPROVE_HOLD_ACTION);
  }

  /** Presses Deny on the card of a held call, and says why in the dialog. */
  async denyHold(
    call: RegExp,
    { human, reason }: { readonly human: DemoSlackUser; readonly reason: string },
  ): Promise<void> {
    const { workspace, callbackUrl } = this;
    const before = workspace.openedViews().length;
    await this.#press(await this.#holdCard(call), human, DENY_HOLD_ACTION);
    const view = await waitFor('the dialog that asks why', () =>
      Promise.resolve(workspace.openedViews()[before]),
    );
    const values = { drawbridge_reason: { reason } };
    const { status } = await workspace.submitModal({ user: human, view, values, callbackUrl });
    if (status !== 200) throw new Error(`the approval service answered the dialog with ${status}`);
  }

  async #press(message: Message, user: DemoSlackUser, actionId: string): Promise<void> {
    const { workspace, callbackUrl } = this;
    const { status } = await workspace.clickButton({ user, message, actionId, callbackUrl });
    if (status !== 200) throw new Error(`the approval service answered the click with ${status}`);
  }

  #holdCard(call: RegExp): Promise<Message> {
    return waitFor(`a card of a held call with ${call.source}`, async () =>
      (await this.workspace.messages()).find(
        ({ metadata, blocks }) =>
          metadata?.event_payload['hold_id'] !== undefined && call.test(cardText(blocks)),
      ),
    );
  }

  /** The app answers a click within moments, or says nothing at all. */
  async #toldAlone(human: DemoSlackUser, before: number): Promise<string> {
    const deadline = Date.now() + 1_000;
    while (Date.now() < deadline) {
      const told = this.workspace.ephemerals(human).slice(before);
      if (told.length > 0) return told.map(({ text }) => text).join('\n');
      await delay(POLL_MS);
    }
    return '';
  }

  #card(requestId: string): Promise<Message> {
    return waitFor(`a card for ${requestId}`, async () =>
      (await this.workspace.messages()).find(
        ({ metadata }) => metadata?.event_payload['request_id'] === requestId,
      ),
    );
  }
}

async function waitFor<Found>(
  what: string,
  look: () => Promise<Found | undefined>,
): Promise<Found> {
  const deadline = Date.now() + WAIT_MS;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (Date.now() > deadline) throw new Error(`waited ${WAIT_MS / 1000} s for ${what}`);
    await delay(POLL_MS);
  }
}
