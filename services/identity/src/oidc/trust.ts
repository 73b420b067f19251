import type { LoggerService } from '@nestjs/common';
import type { IssuerDocument, StoppedAgent, TrustBundle } from '@drawbridge/contracts';
import type { Clock } from '@drawbridge/kernel';
import { isSameTrust, trustedIssuer } from '../domain/trusted-issuer.js';
import { IssuerKeys, type IssuerKeysOptions } from './issuer-keys.js';

export interface TrustOptions {
  readonly fetchKeys: IssuerKeysOptions['fetchKeys'];
  readonly clock: Clock;
  readonly logger: LoggerService;
  /** Least time between two refreshes that callers asked for. */
  readonly refreshCooldownMs: number;
  /** Gets every newer bundle, in order. */
  readonly onBundle: (bundle: TrustBundle) => void;
  /** The bundle of a former run: its keys serve until an issuer has been read. */
  readonly former?: TrustBundle | undefined;
}

/** State of one issuer for health and logs. */
export interface IssuerHealth {
  readonly issuer: string;
  readonly keys: number;
  readonly refreshedAt?: string;
  /** Code of the newest failure. */
  readonly problem?: string;
}

/**
 * All trust: the configured issuers with their keys, as one bundle that is made anew whenever it would
 * believe other tokens. An issuer that cannot be read hinders no other.
 */
export class Trust {
  #issuers: readonly IssuerKeys[] = [];
  #bundle: TrustBundle | undefined;
  #askedAt = -Infinity;
  #refreshing: Promise<void> = Promise.resolve();
  #disabled: readonly StoppedAgent[] = [];

  constructor(private readonly options: TrustOptions) {}

  /** The newest bundle; absent before the first configuration. */
  get bundle(): TrustBundle | undefined {
    return this.#bundle;
  }

  health(): readonly IssuerHealth[] {
    return this.#issuers.map(({ document, keys, refreshedAt, problem }) => ({
      issuer: document.spec.issuer,
      keys: keys.length,
      ...(refreshedAt === undefined ? {} : { refreshedAt: refreshedAt.toISOString() }),
      ...(problem === undefined ? {} : { problem: problem.code }),
    }));
  }

  /**
   * Trusts these issuers and no others, at once; what is new about them is read in the background.
   *
   * @returns resolves when every new or changed issuer has been tried once, or after 1.5 seconds
   */
  async configure(documents: readonly IssuerDocument[]): Promise<void> {
    const former = this.#issuers;
    const kept = former.filter(({ document }) => documents.some((next) => isSame(document, next)));
    const fresh = documents
      .filter((next) => !kept.some(({ document }) => isSame(document, next)))
      .map((document) => this.#read(document));
    this.#issuers = [...kept, ...fresh];
    for (const issuer of former) if (!kept.includes(issuer)) issuer.close();
    this.#rebuild();
    await patiently(fresh.map((issuer) => issuer.refresh()));
  }

  /**
   * Reads all keys again because somebody met an unknown one; at most once per cooldown, whoever asks.
   * Resolves when the newest attempt has ended, or after 1.5 seconds: a slow issuer holds up nobody.
   */
  refresh(): Promise<void> {
    const now = this.options.clock().getTime();
    if (now - this.#askedAt >= this.options.refreshCooldownMs) {
      this.#askedAt = now;
      this.#refreshing = patiently(this.#issuers.map((issuer) => issuer.refresh()));
    }
    return this.#refreshing;
  }

  /** Refuses every token of these agents from now on, and of no others beside those of the configuration. */
  disable(agents: readonly StoppedAgent[]): void {
    this.#disabled = agents;
    // Before the first configuration there is nothing to believe, and nothing to publish.
    if (this.#bundle !== undefined) this.#rebuild();
  }

  /** Makes the next bundle newer than `revision`, which somebody else has published. */
  overtake(revision: number): void {
    if (this.#bundle === undefined || this.#bundle.revision > revision) return;
    this.#replace({ ...this.#bundle, revision: revision + 1 });
  }

  close(): void {
    for (const issuer of this.#issuers) issuer.close();
  }

  #read(document: IssuerDocument): IssuerKeys {
    return new IssuerKeys(document, {
      keys: this.#formerKeys(document.spec.issuer),
      fetchKeys: this.options.fetchKeys,
      onRefreshed: (issuer) => this.#refreshed(issuer),
      clock: this.options.clock,
    });
  }

  /** The last good keys: of this run, or of the bundle published by a former one. */
  #formerKeys(issuer: string) {
    const known = (this.#bundle ?? this.options.former)?.issuers;
    return known?.find((trusted) => trusted.issuer === issuer)?.keys ?? [];
  }

  #refreshed({ document, problem, keys, ignored }: IssuerKeys): void {
    const { issuer } = document.spec;
    if (problem === undefined) {
      this.options.logger.debug?.({ msg: 'issuer keys read', issuer, keys: keys.length, ignored });
    } else {
      const { code, message } = problem;
      const msg = 'issuer keys not read';
      this.options.logger.warn({ msg, issuer, code, reason: message, err: problem });
    }
    this.#rebuild();
  }

  #rebuild(): void {
    const issuers = this.#issuers.map(({ document, keys }) =>
      trustedIssuer(document, keys, this.#disabledOf(document.spec.issuer)),
    );
    if (this.#bundle !== undefined && isSameTrust(this.#bundle, { issuers })) return;
    const revision = Math.max(this.#bundle?.revision ?? 0, this.options.former?.revision ?? 0) + 1;
    this.#replace({ revision, publishedAt: '', issuers });
  }

  #disabledOf(name: string): readonly string[] {
    return this.#disabled.flatMap(({ issuer, subject }) => (issuer === name ? [subject] : []));
  }

  #replace(bundle: TrustBundle): void {
    this.#bundle = { ...bundle, publishedAt: this.options.clock().toISOString() };
    this.options.onBundle(this.#bundle);
  }
}

/** How long anybody waits for issuers. */
const PATIENCE_MS = 1_500;

async function patiently(work: readonly Promise<void>[]): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, PATIENCE_MS);
  });
  await Promise.race([Promise.all(work), late]);
  clearTimeout(timer);
}

/** Documents that differ only in where they stand are the same. */
function isSame(one: IssuerDocument, other: IssuerDocument): boolean {
  return JSON.stringify(one.spec) === JSON.stringify(other.spec);
}
