import { createHash } from 'node:crypto';
import { z } from 'zod';
import { principalId } from '@drawbridge/contracts';
import type { GuardedBucket, GuardedValue } from '@drawbridge/jetstream';
import type { Clock } from '@drawbridge/kernel';
import type { Place, RateLimit } from '../domain/circumstances.js';

const HOUR_MS = 3_600_000;
/** Each lost race is somebody else's place, of which there are at most 100 in an hour. */
const MAX_ATTEMPTS = 200;

const Taken = z.array(z.strictObject({ requestId: z.string(), at: z.iso.datetime() })).max(100);
type Taken = z.infer<typeof Taken>;

/**
 * Who has the places of "so many in an hour": KV bucket `drawbridge_rates`, one key for each rule and requester, changed
 * only by who has read the newest revision. So all replicas together give away no more than there are.
 */
export class Places {
  /** @param bucket - `drawbridge_rates` */
  constructor(
    private readonly bucket: GuardedBucket,
    private readonly clock: Clock,
  ) {}

  /**
   * Takes a place for this request, or finds the one that it has; it is gone for an hour also when nothing comes of
   * the request. `unknown` when it cannot be told.
   */
  async take(limit: RateLimit, requestId: string): Promise<Place> {
    const key = keyOf(limit);
    for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt += 1) {
      const now = this.clock();
      const { value, revision } = await this.bucket.read(key);
      const taken = lately({ value, revision }, now);
      if (taken === undefined) return 'unknown';
      if (taken.some((place) => place.requestId === requestId)) return 'free';
      if (taken.length >= limit.perHour) return 'taken';
      const mine = { requestId, at: now.toISOString() };
      if (await this.bucket.write(key, [...taken, mine], revision)) return 'free';
    }
    return 'unknown';
  }

  /** Whether there is a place now, without taking it. */
  async look(limit: RateLimit): Promise<Place> {
    const taken = lately(await this.bucket.read(keyOf(limit)), this.clock());
    if (taken === undefined) return 'unknown';
    return taken.length < limit.perHour ? 'free' : 'taken';
  }
}

/** Names of policies and rules are DNS labels, and a requester's can be anything. */
function keyOf({ policy, rule, requester }: RateLimit): string {
  const who = createHash('sha256').update(principalId(requester)).digest('hex').slice(0, 32);
  return `${policy}.${rule}.${who}`;
}

/** `undefined` for what we did not write. */
function lately({ value, revision }: GuardedValue, now: Date): Taken | undefined {
  if (revision === 0) return [];
  const parsed = Taken.safeParse(value);
  if (!parsed.success) return undefined;
  return parsed.data.filter(({ at }) => Date.parse(at) > now.getTime() - HOUR_MS);
}
