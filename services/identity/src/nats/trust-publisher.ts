import type { LoggerService } from '@nestjs/common';
import type { TrustBundle } from '@drawbridge/contracts';
import { publishTrustBundle, type JetStreamConnection } from '@drawbridge/jetstream';

const RETRY_MS = 500;

export interface TrustPublisherOptions {
  readonly connection: JetStreamConnection;
  readonly logger: LoggerService;
  /** The newest revision that anybody has published. */
  readonly publishedRevision: () => number;
  /** Another replica published first: the bundle must be made newer than `revision` and published again. */
  readonly onOvertaken: (revision: number) => void;
}

/** Publishes bundles, only ever the newest, and tries again until NATS has it. */
export class TrustPublisher {
  #pending: TrustBundle | undefined;
  #running: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #failing = false;
  #closed = false;

  constructor(private readonly options: TrustPublisherOptions) {}

  /** Whether the newest bundle has been published. */
  get published(): boolean {
    return this.#pending === undefined;
  }

  publish(bundle: TrustBundle): void {
    this.#pending = bundle;
    this.#start();
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    await this.#running;
  }

  #start(): void {
    if (this.#closed) return;
    clearTimeout(this.#timer);
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
      if (this.#pending === undefined || this.#closed) return;
      this.#timer = setTimeout(() => this.#start(), RETRY_MS);
    });
  }

  async #run(): Promise<void> {
    const bundle = this.#pending;
    if (bundle === undefined) return;
    try {
      const newest = await publishTrustBundle(this.options.connection, bundle);
      this.#settle(bundle, newest);
    } catch (error) {
      if (!this.#failing) {
        const { revision } = bundle;
        this.options.logger.error({ msg: 'trust bundle not published', revision, err: error });
      }
      this.#failing = true;
    }
  }

  #settle(bundle: TrustBundle, newest: boolean): void {
    const { logger, publishedRevision, onOvertaken } = this.options;
    this.#failing = false;
    if (!newest) {
      onOvertaken(Math.max(publishedRevision(), bundle.revision));
      return;
    }
    const { revision, issuers } = bundle;
    logger.log({ msg: 'trust bundle published', revision, issuers: issuers.length });
    // A newer one may have arrived meanwhile.
    if (this.#pending === bundle) this.#pending = undefined;
  }
}
