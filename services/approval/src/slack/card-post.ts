import type { Clock } from '@drawbridge/kernel';
import {
  isClaim,
  type CardMemory,
  type CardPlace,
  type Claim,
  type KnownCard,
} from './card-memory.js';
import { isNoPlace } from './no-place.js';
import type { SlackWorkspace } from './slack-workspace.js';

/** A message that is to be posted once. */
export interface Posting {
  /** Under which it is remembered. */
  readonly key: string;
  readonly channel: string;
  /** Where it may be, when nobody remembers where it was to go. */
  readonly elsewhere: readonly string[];
  readonly post: (channel: string) => Promise<string>;
  /** Whether it was posted in a channel before. */
  readonly find: (channel: string) => Promise<string | undefined>;
}

export interface CardPostOptions {
  readonly memory: CardMemory;
  readonly workspace: SlackWorkspace;
  readonly clock: Clock;
  /** Unique per process. */
  readonly instance: string;
  /** For how long posting may take, before another replica may try. */
  readonly holdMs: number;
}

/** What came of it: known before, or posted just now. */
export interface Posted {
  readonly known: KnownCard;
  readonly isNew: boolean;
}

/**
 * Posts a message once. The right to is claimed before, and the place is remembered after it; whoever takes over a claim
 * searches first, so that a crash in between neither doubles nor loses the message.
 *
 * @param refused - what is done with the claim when the channel takes no messages of ours
 * @throws SlackUnavailable
 */
export async function postOnce(
  { memory, clock, instance, holdMs }: CardPostOptions,
  posting: Posting,
  refused: (claim: Claim, error: unknown) => Promise<KnownCard> = rethrow,
): Promise<Posted> {
  const { key, channel, post } = posting;
  const claim = await memory.claim(key, { by: instance, now: clock(), holdMs, channel });
  if (!isClaim(claim)) return { known: claim, isNew: false };
  const found = claim.first ? undefined : await search(posting, claim);
  if (found !== undefined) return { known: await memory.remember(key, found, claim), isNew: false };
  let ts: string;
  try {
    ts = await post(channel);
  } catch (error) {
    if (!isNoPlace(error)) throw error;
    return { known: await refused(claim, error), isNew: false };
  }
  return { known: await memory.remember(key, { channel, ts }, claim), isNew: true };
}

async function search(
  { channel, elsewhere, find }: Posting,
  { channels }: Claim,
): Promise<CardPlace | undefined> {
  const where = channels.length > 0 ? channels : [channel, ...elsewhere];
  for (const one of new Set(where)) {
    const ts = await findIn(one, find);
    if (ts !== undefined) return { channel: one, ts };
  }
  return undefined;
}

/** Where we may not look we cannot have posted. */
async function findIn(channel: string, find: Posting['find']): Promise<string | undefined> {
  try {
    return await find(channel);
  } catch (error) {
    if (isNoPlace(error)) return undefined;
    throw error;
  }
}

function rethrow(_claim: Claim, error: unknown): Promise<KnownCard> {
  throw error;
}
