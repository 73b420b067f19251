import type { Clock } from '@drawbridge/kernel';
import type { types } from '@slack/bolt';
import type { Card } from './card.js';
import type { CardBoard, Told } from './card-board.js';
import {
  directKey,
  isClaim,
  type CardMemory,
  type CardPlace,
  type KnownCard,
} from './card-memory.js';
import { neutralMrkdwn } from './neutral-text.js';
import { isRefusedByPerson } from './no-place.js';
import { SlackUnavailable } from './slack-unavailable.js';
import type { SlackWorkspace } from './slack-workspace.js';

/** `event_type` of the metadata by which a message in a thread is found again. */
const NOTE_METADATA = 'drawbridge_note';

/** Something that is said in the thread of a card, once. */
export interface ThreadNote {
  /** Whose card. */
  readonly id: string;
  /** Of the event that it tells of: the same event is told once, however often it is delivered. */
  readonly eventId: string;
  /** For notifications and screen readers; never read as mrkdwn. */
  readonly text: string;
  readonly blocks: Card['blocks'];
}

export interface CardThreadOptions<Story extends Told> {
  readonly board: Pick<CardBoard<Story>, 'show'>;
  readonly memory: CardMemory;
  readonly workspace: Pick<SlackWorkspace, 'reply' | 'findReply'>;
  readonly clock: Clock;
  /** Unique per process. */
  readonly instance: string;
  /** For how long posting may take, before another replica may try. */
  readonly holdMs: number;
}

/**
 * Speaks in the threads of cards. As for the card itself, the right to say something is claimed before and what was
 * said is remembered after it; whoever takes over a claim looks into the thread first.
 */
export class CardThread<Story extends Told> {
  constructor(private readonly options: CardThreadOptions<Story>) {}

  /**
   * Says it, unless it was said. Harmless when repeated or run twice at once.
   *
   * @throws SlackUnavailable, EventStoreError
   */
  async say(note: ThreadNote): Promise<void> {
    const { place, direct } = await this.#cardOf(note.id);
    const key = `${note.id}.${note.eventId}`;
    if (place !== undefined) await this.#sayAt(place, { note, key });
    for (const user of direct) {
      const card = await this.options.memory.find(directKey(note.id, user));
      if (card === undefined) continue;
      await this.#sayAt(card, { note, key: directKey(key, user) }).catch(unlessRefusedByPerson);
    }
  }

  /** Whether it was said, where anybody sees it. */
  async hasSaid({ id, eventId }: Pick<ThreadNote, 'id' | 'eventId'>): Promise<boolean> {
    const { memory } = this.options;
    const known = await memory.known(id);
    const [user] = known?.direct ?? [];
    const key = `${id}.${eventId}`;
    const said = known?.place === undefined && user !== undefined ? directKey(key, user) : key;
    return (await memory.find(said)) !== undefined;
  }

  async #sayAt(
    card: CardPlace,
    { note, key }: { readonly note: ThreadNote; readonly key: string },
  ): Promise<void> {
    const { memory, clock, instance, holdMs } = this.options;
    const { channel } = card;
    const claim = await memory.claim(key, { by: instance, now: clock(), holdMs, channel });
    if (!isClaim(claim)) return;
    const ts = await this.#post(card, note, claim.first);
    await memory.remember(key, { channel, ts }, claim);
  }

  async #cardOf(id: string): Promise<KnownCard> {
    const { memory, board } = this.options;
    const known = await memory.known(id);
    if (known !== undefined) return known;
    await board.show(id);
    const posted = await memory.known(id);
    if (posted !== undefined) return posted;
    throw new SlackUnavailable('slack_card_busy', 'there is no card to speak below yet');
  }

  /** In the thread of a card that somebody deleted nothing can be said: that is as good as said. */
  async #post(card: CardPlace, note: ThreadNote, isFirst: boolean): Promise<string> {
    const { workspace } = this.options;
    const metadata: types.MessageMetadata = {
      event_type: NOTE_METADATA,
      event_payload: { event_id: note.eventId },
    };
    const found = isFirst ? undefined : await workspace.findReply(card, metadata);
    if (found !== undefined) return found;
    const message = { text: neutralMrkdwn(note.text, 300), blocks: note.blocks, metadata };
    return (await workspace.reply(card, message)) ?? card.ts;
  }
}

/** Who takes no messages of ours any more does not keep it from the others. */
function unlessRefusedByPerson(error: unknown): void {
  if (!isRefusedByPerson(error)) throw error;
}
