import type { LoggerService } from '@nestjs/common';
import type { Activity } from '../chain/note-activity.js';
import type { OpenGrant } from '../domain/open-grants.js';

/** What was noted so long ago counts as noted now. A quarter of the shortest idle time is more. */
const FRESH_MS = 5_000;
const RETRY_MS = 1_000;

export interface GrantsInUseOptions {
  /** Notes that a grant is used now. @throws when that is not certain soon */
  readonly note: (grantId: string) => Promise<void>;
  readonly isOpen: (grant: OpenGrant) => boolean;
  readonly logger: LoggerService;
}

interface InUse {
  readonly grant: OpenGrant;
  openCalls: number;
  /** On the monotonic clock: when the last note that is certain was begun. */
  notedMs: number;
  noting?: Promise<void> | undefined;
  beat?: NodeJS.Timeout | undefined;
}

/**
 * Notes that grants with an idle time are used: when a call begins and ends, at most every five seconds, and a quarter
 * of the idle time after the last note while one is open. Knows the grants that were used here and are open.
 */
export class GrantsInUse implements Activity {
  readonly #inUse = new Map<string, InUse>();
  #isClosed = false;

  constructor(private readonly options: GrantsInUseOptions) {}

  begin(grant: OpenGrant): () => void {
    const use = this.#of(grant);
    use.openCalls += 1;
    this.#noteUnlessFresh(use);
    if (use.openCalls === 1) this.#beatIn(use, beatMs(use));
    return () => {
      use.openCalls -= 1;
      if (use.openCalls === 0) clearTimeout(use.beat);
      this.#noteUnlessFresh(use);
    };
  }

  noted(grant: OpenGrant): Promise<void> | undefined {
    const use = this.#of(grant);
    return isFresh(use) ? undefined : this.#note(use);
  }

  /** Nobody can use it any more. */
  grantEnded(grantId: string): void {
    const use = this.#inUse.get(grantId);
    clearTimeout(use?.beat);
    this.#inUse.delete(grantId);
  }

  close(): void {
    this.#isClosed = true;
    for (const { beat } of this.#inUse.values()) clearTimeout(beat);
    this.#inUse.clear();
  }

  #of(grant: OpenGrant): InUse {
    const known = this.#inUse.get(grant.grantId);
    if (known !== undefined) return known;
    const use = { grant, openCalls: 0, notedMs: -Infinity };
    // A call can begin in the moment in which its grant ends.
    if (this.options.isOpen(grant)) this.#inUse.set(grant.grantId, use);
    return use;
  }

  /** In the background: a call waits for its own note only. */
  #noteUnlessFresh(use: InUse): void {
    if (isFresh(use) || this.#isClosed) return;
    this.#note(use).catch((error: unknown) => {
      const { grantId } = use.grant;
      this.options.logger.warn({ msg: 'use of a grant not noted yet', grantId, err: error });
    });
  }

  #note(use: InUse): Promise<void> {
    const begunMs = performance.now();
    use.noting ??= this.options
      .note(use.grant.grantId)
      .then(() => {
        use.notedMs = begunMs;
      })
      .finally(() => {
        use.noting = undefined;
      });
    return use.noting;
  }

  #beatIn(use: InUse, waitMs: number): void {
    clearTimeout(use.beat);
    if (this.#isClosed || use.openCalls === 0 || !this.#inUse.has(use.grant.grantId)) return;
    use.beat = setTimeout(() => {
      this.#note(use).then(
        () => this.#beatIn(use, beatMs(use)),
        (error: unknown) => {
          const { grantId } = use.grant;
          this.options.logger.warn({ msg: 'use of a grant not noted yet', grantId, err: error });
          this.#beatIn(use, RETRY_MS);
        },
      );
    }, waitMs);
    use.beat.unref();
  }
}

const isFresh = ({ notedMs }: InUse): boolean => performance.now() - notedMs < FRESH_MS;

const beatMs = ({ grant }: InUse): number => (grant.limits?.idleSeconds ?? 0) * 250;
