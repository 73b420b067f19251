import type { DemoSlackMessage } from '@drawbridge/embedded';
import { holdWriterOf, type HoldEvent, type HoldEventType } from '@drawbridge/contracts';
import { holdEventStore } from '@drawbridge/jetstream';
import type { RecordedEvent } from '@drawbridge/kernel';
import { uuidV7 } from '@drawbridge/runtime';
import { eventually } from '@drawbridge/testing';
import { lettersOf, type World } from './approval-world.js';
import { commandHeld, heldCall, idOf, type Held } from './sample-holds.js';

/** What a proxy, and whoever may, writes on stream HOLDS, and what came of it. */
export class TestDesk {
  constructor(private readonly world: World) {}

  /** Holds a call that nobody held before. */
  async hold(changed: Partial<Held> = {}): Promise<Held & { readonly holdId: string }> {
    const now = Date.now();
    const times = {
      decideBy: new Date(now + 900_000).toISOString(),
      grantEndsAt: new Date(now + 3_600_000).toISOString(),
    };
    const held = heldCall({ ...times, ...changed }, { grantId: uuidV7(new Date()) });
    const holdId = idOf(held);
    await this.append(holdId, commandHeld(held));
    return { ...held, holdId };
  }

  async append(holdId: string, ...events: HoldEvent[]): Promise<void> {
    for (const event of events) {
      const writer = holdWriterOf[event.type];
      const store = holdEventStore(this.world.connection, writer);
      const { position } = await store.load(holdId);
      const now = new Date();
      const metadata = {
        id: uuidV7(now),
        causationId: holdId,
        actor: { kind: 'service', id: writer } as const,
        at: now.toISOString(),
      };
      await store.append({ aggregateId: holdId, position, event, metadata });
    }
  }

  async types(holdId: string): Promise<readonly HoldEventType[]> {
    const { events } = await holdEventStore(this.world.connection, 'audit').load(holdId);
    return events.map(({ event }) => event.type);
  }

  /** Waits for the first event of this type. */
  eventOf(holdId: string, type: HoldEventType): Promise<RecordedEvent<HoldEvent>> {
    return eventually(async () => {
      const { events } = await holdEventStore(this.world.connection, 'audit').load(holdId);
      const found = events.find(({ event }) => event.type === type);
      if (found === undefined) throw new Error(`no ${type} of ${holdId}`);
      return found;
    });
  }

  /** Messages that show this hold; one, when all is well. */
  async cards(holdId: string): Promise<DemoSlackMessage[]> {
    const messages = await this.world.slack.messages();
    return messages.filter(({ metadata }) => metadata?.event_payload['hold_id'] === holdId);
  }

  /** Waits for the card, and until it says all of `words`. */
  card(holdId: string, ...words: string[]): Promise<DemoSlackMessage> {
    return eventually(
      async () => {
        const [card] = await this.cards(holdId);
        if (card === undefined) throw new Error(`no card of ${holdId}`);
        const said = lettersOf(card);
        for (const word of words)
          if (!said.includes(word)) throw new Error(`the card lacks "${word}": ${said}`);
        return card;
      },
      { timeoutMs: 60_000 },
    );
  }
}
