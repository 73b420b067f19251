import { Kvm, type KV, type KvEntry } from '@nats-io/kv';
import { z } from 'zod';
import { SLACK_CARDS_BUCKET, type JetStreamConnection } from '@drawbridge/jetstream';
import { SlackUnavailable } from './slack-unavailable.js';

const users = z.array(z.string().min(1).max(64)).max(100);
const channels = z.array(z.string().min(1).max(64)).max(100);

/**
 * `claimed`: somebody is about to post it, or died doing so. `posted`: where it is, for ever. `direct`: no channel takes
 * it, so it is only where `direct` says: with these people, each of whose messages has an entry of its own.
 */
const Entry = z.discriminatedUnion('state', [
  z.strictObject({
    state: z.literal('claimed'),
    by: z.string(),
    until: z.iso.datetime(),
    /** Where it may have been posted by whoever had the claim. */
    channels: channels.optional(),
  }),
  z.strictObject({
    state: z.literal('posted'),
    channel: z.string(),
    ts: z.string(),
    direct: users.optional(),
  }),
  z.strictObject({ state: z.literal('direct'), direct: users }),
]);
type Entry = z.infer<typeof Entry>;

/** The message that shows a request. */
export interface CardPlace {
  readonly channel: string;
  readonly ts: string;
}

/** What is remembered of a card. */
export interface KnownCard {
  /** In a channel; absent when none took it. */
  readonly place?: CardPlace;
  /** Accounts that have it directly. */
  readonly direct: readonly string[];
  /** Of this memory. */
  readonly revision: number;
}

/** The right to post one card. `first`: nobody ever had it, so the card cannot have been posted yet. */
export interface Claim {
  readonly first: boolean;
  readonly revision: number;
  /** Where it may have been posted before. */
  readonly channels: readonly string[];
}

export interface Claimant {
  /** Unique per process. */
  readonly by: string;
  readonly now: Date;
  /** Longer than posting can take. */
  readonly holdMs: number;
  /** Where it will be posted. */
  readonly channel: string;
}

/** Where each request's card is: KV bucket `drawbridge_slack_cards`, by request id. */
export class CardMemory {
  private constructor(private readonly bucket: KV) {}

  static async open({ jetstream }: JetStreamConnection): Promise<CardMemory> {
    return new CardMemory(await new Kvm(jetstream).open(SLACK_CARDS_BUCKET));
  }

  /** Where one message is. */
  async find(key: string): Promise<CardPlace | undefined> {
    return (await this.known(key))?.place;
  }

  async known(key: string): Promise<KnownCard | undefined> {
    const entry = await this.bucket.get(key);
    return entry === null ? undefined : knownOf(entry);
  }

  /** Every message that shows a card: in its channel, and with the people who have it directly. */
  async placesOf(id: string): Promise<readonly CardPlace[]> {
    const known = await this.known(id);
    if (known === undefined) return [];
    const direct = known.direct.map((user) => this.find(directKey(id, user)));
    const places = [known.place, ...(await Promise.all(direct))];
    return places.filter((place) => place !== undefined);
  }

  /**
   * What is known of it, or the right to post it.
   *
   * @throws SlackUnavailable `slack_card_busy` while somebody else has that right
   */
  async claim(key: string, claimant: Claimant): Promise<KnownCard | Claim> {
    const entry = await this.bucket.get(key);
    const known = entry === null ? undefined : knownOf(entry);
    if (known !== undefined) return known;
    const { isHeld, channels: posted } = claimBefore(entry, claimant);
    if (isHeld) throw new SlackUnavailable('slack_card_busy', 'another replica is posting this');
    const { by, now, holdMs, channel } = claimant;
    const until = new Date(now.getTime() + holdMs).toISOString();
    const next = [...new Set([...posted, channel])];
    const claimed = { state: 'claimed', by, until, channels: next } as const;
    const revision = await this.#put(key, claimed, entry?.revision ?? 0);
    return { first: entry === null, revision, channels: posted };
  }

  /** Remembers where the card is; the claim must not have passed to somebody else. */
  async remember(key: string, { channel, ts }: CardPlace, claim: Claim): Promise<KnownCard> {
    const revision = await this.#put(key, { state: 'posted', channel, ts }, claim.revision);
    return { place: { channel, ts }, direct: [], revision };
  }

  /** Remembers who has the card directly; `since` must be the newest that is known. */
  async rememberDirect(
    key: string,
    direct: readonly string[],
    since: Pick<KnownCard, 'revision' | 'place'>,
  ): Promise<KnownCard> {
    const { place } = since;
    const entry: Entry =
      place === undefined
        ? { state: 'direct', direct: [...direct] }
        : { state: 'posted', ...place, direct: [...direct] };
    const revision = await this.#put(key, entry, since.revision);
    return { ...(place === undefined ? {} : { place }), direct, revision };
  }

  async #put(key: string, entry: Entry, previousSeq: number): Promise<number> {
    try {
      return await this.bucket.put(key, JSON.stringify(entry), { previousSeq });
    } catch (cause) {
      throw new SlackUnavailable('slack_card_busy', 'the card was claimed by another replica', {
        cause,
      });
    }
  }
}

/** Where it is remembered what somebody has directly of something. */
export const directKey = (key: string, user: string): string => `${key}.${user}`;

/** Whether a claim came back, or the card was there already. */
export const isClaim = (found: KnownCard | Claim): found is Claim => 'first' in found;

function knownOf(entry: KvEntry): KnownCard | undefined {
  const known = parse(entry);
  if (known.state === 'claimed') return undefined;
  const { revision } = entry;
  if (known.state === 'direct') return { direct: known.direct, revision };
  const { channel, ts, direct = [] } = known;
  return { place: { channel, ts }, direct, revision };
}

/** Whether somebody else has the right to post it still, and where whoever had it may have done so. */
function claimBefore(entry: KvEntry | null, { by, now }: Claimant) {
  const before = entry === null ? undefined : parse(entry);
  if (before?.state !== 'claimed') return { isHeld: false, channels: [] };
  const isHeld = before.by !== by && Date.parse(before.until) > now.getTime();
  return { isHeld, channels: before.channels ?? [] };
}

/** A deleted entry is as good as none, except that its history must be searched. */
function parse(entry: KvEntry): Entry {
  if (entry.operation !== 'PUT')
    return { state: 'claimed', by: '', until: new Date(0).toISOString() };
  return Entry.parse(entry.json<unknown>());
}
