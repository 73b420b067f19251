import type { TrustBundle } from '@drawbridge/contracts';
import {
  followTrustBundle,
  TRUST_REFRESH_SUBJECT,
  type JetStreamConnection,
} from '@drawbridge/jetstream';

const REFRESH_EVERY_MS = 5_000;
const ANSWER_MS = 2_000;
/** Time for the newer bundle to arrive after identity has answered. */
const ARRIVAL_MS = 500;

/** The newest trust bundle, as identity publishes it. */
export class Trust {
  #bundle: TrustBundle | undefined;
  #refreshing: Promise<void> | undefined;
  #refreshedAtMs = -Infinity;
  #arrived: () => void = () => undefined;

  private constructor(
    private readonly connection: JetStreamConnection,
    private readonly onBundle: (bundle: TrustBundle) => void,
  ) {}

  /** Starts following; `onBundle` is told of every newer bundle after it is in force. */
  static async follow(
    connection: JetStreamConnection,
    onBundle: (bundle: TrustBundle) => void,
  ): Promise<{ trust: Trust; close: () => Promise<void> }> {
    const trust = new Trust(connection, onBundle);
    const follower = await followTrustBundle(connection, (bundle) => trust.#take(bundle));
    return { trust, close: () => follower.close() };
  }

  get bundle(): TrustBundle | undefined {
    return this.#bundle;
  }

  /**
   * Asks identity to fetch the keys of the issuers again, because a token names one that is not known. At most
   * once in five seconds, whoever asks: a stranger can cause it. Never fails; the bundle tells what came of it.
   */
  refresh(): Promise<void> {
    const recent = performance.now() - this.#refreshedAtMs < REFRESH_EVERY_MS;
    if (this.#refreshing !== undefined) return this.#refreshing;
    if (recent) return Promise.resolve();
    this.#refreshedAtMs = performance.now();
    this.#refreshing = this.#ask().finally(() => {
      this.#refreshing = undefined;
    });
    return this.#refreshing;
  }

  async #ask(): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const arrived = new Promise<void>((resolve) => {
      this.#arrived = resolve;
    });
    try {
      await this.connection.nats.request(TRUST_REFRESH_SUBJECT, '', { timeout: ANSWER_MS });
      const late = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, ARRIVAL_MS);
      });
      await Promise.race([arrived, late]);
    } catch {
      // Nobody answered: the token is judged by what we have.
    } finally {
      clearTimeout(timer);
    }
  }

  #take(bundle: TrustBundle): void {
    this.#bundle = bundle;
    this.#arrived();
    this.onBundle(bundle);
  }
}
