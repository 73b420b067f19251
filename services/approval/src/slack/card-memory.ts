import { Kvm, type KV, type KvEntry } from '@nats-io/kv';
import { z } from 'zod';
import { SLACK_CARDS_BUCKET, type JetStreamConnection } from '@drawbridge/jetstream';
import { SlackUnavailable } from './slack-unavailable.js';

/** `claimed`: somebody is about to post it, or died doing so. `posted`: where it is, for ever. */
const Entry = z.discriminatedUnion('state', [
  z.strictObject({ state: z.literal('claimed'), by: z.string(), until: z.iso.datetime() }),
  z.strictObject({ state: z.literal('posted'), channel: z.string(), ts: z.string() }),
]);

/** The message that shows a request. */
export interface CardPlace {
  readonly channel: string;
  readonly ts: string;
}

/** The right to post one card. `first`: nobody ever had it, so the card cannot have been posted yet. */
export interface Claim {
  readonly first: boolean;
  readonly revision: number;
}

export interface Claimant {
  /** Unique per process. */
  readonly by: string;
  readonly now: Date;
  /** Longer than posting can take. */
  readonly holdMs: number;
}

/** Where each request's card is: KV bucket `drawbridge_slack_cards`, by request id. */
export class CardMemory {
  private constructor(private readonly bucket: KV) {}

  static async open({ jetstream }: JetStreamConnection): Promise<CardMemory> {
    return new CardMemory(await new Kvm(jetstream).open(SLACK_CARDS_BUCKET));
  }

  async find(requestId: string): Promise<CardPlace | undefined> {
    const entry = await this.bucket.get(requestId);
    return placeOf(entry);
  }

  /**
   * Where the card is, or the right to post it.
   *
   * @throws SlackUnavailable `slack_card_busy` while somebody else has that right
   */
  async claim(requestId: string, { by, now, holdMs }: Claimant): Promise<CardPlace | Claim> {
    const entry = await this.bucket.get(requestId);
    const known = entry === null ? undefined : parse(entry);
    if (known?.state === 'posted') return known;
    if (known !== undefined && known.by !== by && Date.parse(known.until) > now.getTime()) {
      throw new SlackUnavailable('slack_card_busy', 'another replica is posting this card');
    }
    const until = new Date(now.getTime() + holdMs).toISOString();
    const previousSeq = entry?.revision ?? 0;
    const claimed = { state: 'claimed', by, until } as const;
    const revision = await this.#put(requestId, claimed, previousSeq);
    return { first: known === undefined, revision };
  }

  /** Remembers where the card is; the claim must not have passed to somebody else. */
  async remember(requestId: string, { channel, ts }: CardPlace, claim: Claim): Promise<void> {
    await this.#put(requestId, { state: 'posted', channel, ts }, claim.revision);
  }

  async #put(key: string, entry: z.infer<typeof Entry>, previousSeq: number): Promise<number> {
    try {
      return await this.bucket.put(key, JSON.stringify(entry), { previousSeq });
    } catch (cause) {
      throw new SlackUnavailable('slack_card_busy', 'the card was claimed by another replica', {
        cause,
      });
    }
  }
}

/** Whether a claim came back, or the card was there already. */
export const isClaim = (found: CardPlace | Claim): found is Claim => 'first' in found;

function placeOf(entry: KvEntry | null): CardPlace | undefined {
  const known = entry === null ? undefined : parse(entry);
  return known?.state === 'posted' ? known : undefined;
}

/** A deleted entry is as good as none, except that its history must be searched. */
function parse(entry: KvEntry): z.infer<typeof Entry> {
  if (entry.operation !== 'PUT')
    return { state: 'claimed', by: '', until: new Date(0).toISOString() };
  return Entry.parse(entry.json<unknown>());
}
