import type { ConnectionDocument } from '@drawbridge/contracts';
import { emailPattern, Masker, type MaskKeys, type TextPattern } from '@drawbridge/masking';

/** What of a Connection document says how its answers are masked. */
export type MaskedConnection = {
  readonly metadata: Pick<ConnectionDocument['metadata'], 'name'>;
  readonly spec: Pick<ConnectionDocument['spec'], 'masking' | 'portForward'>;
};

/** The maskers of one worker: one for every connection with patterns of its own, and one for all others. */
export class Maskers {
  #keys: MaskKeys;
  #documents: readonly MaskedConnection[] = [];
  #common: Masker;
  #own: ReadonlyMap<string, Masker> = new Map();
  #forwarding: ReadonlySet<string> = new Set();
  #showing: ReadonlySet<string> = new Set();

  constructor(keys: MaskKeys) {
    this.#keys = keys;
    this.#common = new Masker({ keys });
  }

  /** @param connection - `undefined` for what is of none */
  of(connection: string | undefined): Masker {
    return (connection === undefined ? undefined : this.#own.get(connection)) ?? this.#common;
  }

  /** Whether ports of pods may be forwarded: what passes there can be masked by nobody. */
  forwardsPorts(connection: string): boolean {
    return this.#forwarding.has(connection);
  }

  /** Whether Helm's releases are left as they are. */
  showsReleases(connection: string): boolean {
    return this.#showing.has(connection);
  }

  /** The connections where they are: who runs the gateway should know. */
  get showingReleases(): readonly string[] {
    return [...this.#showing];
  }

  /** From now on; a call under way keeps the key with which it began. */
  takeKeys(keys: MaskKeys): void {
    const own = ownMaskers(keys, this.#documents);
    this.#keys = keys;
    this.#common = new Masker({ keys });
    this.#own = own;
  }

  /** @throws MaskPatternInvalid for a pattern that cannot be used @returns the function that takes them into use */
  prepare(documents: readonly MaskedConnection[]): () => void {
    const own = ownMaskers(this.#keys, documents);
    const forwarding = documents.filter(({ spec }) => spec.portForward === 'allow');
    const showing = documents.filter(({ spec }) => spec.masking?.helmReleases === 'shown');
    return () => {
      this.#own = own;
      this.#documents = documents;
      this.#forwarding = new Set(forwarding.map(({ metadata }) => metadata.name));
      this.#showing = new Set(showing.map(({ metadata }) => metadata.name));
    };
  }
}

function ownMaskers(
  keys: MaskKeys,
  documents: readonly MaskedConnection[],
): ReadonlyMap<string, Masker> {
  return new Map(
    documents.flatMap(({ metadata, spec }) => {
      const patterns = patternsOf(spec.masking);
      return patterns.length === 0 ? [] : [[metadata.name, new Masker({ keys, patterns })]];
    }),
  );
}

function patternsOf(masking: MaskedConnection['spec']['masking']): readonly TextPattern[] {
  const own = (masking?.patterns ?? []).map(({ kind, pattern, literal }) => ({
    kind,
    pattern,
    ...(literal !== undefined && { literal }),
  }));
  return masking?.email === true ? [...own, emailPattern] : own;
}
