import type { ClusterCall } from '../domain/cluster-call.js';

/** Twice as long as a gateway waits for the acknowledgement of a record before it refuses the call. */
export const RECORD_SECONDS = 10;
/** Beyond this many, which no gateway sends unrecorded, a call is judged without waiting. */
const MAX_KEPT = 10_000;
const plainVerbs = new Set(['get', 'list']);
const plainSubresources = new Set(['', 'status', 'scale']);

/**
 * Reads whose record may be on its way: gateways send the cluster a plain read together with its record, and wait for
 * the record with the answer only. Everything else is on the record before a cluster sees it.
 *
 * Nothing is lost with this memory: after a restart they are found again.
 */
export class ReadsOnTheirWay {
  // By their names: a pass that failed finds the same calls again.
  readonly #kept = new Map<string, { readonly call: ClusterCall; readonly foundAt: string }>();

  /**
   * Keeps a call that no command explains, for later.
   *
   * @param foundAt - by the clock of the store, as it writes times
   * @returns false when it is to be judged now
   */
  keep(name: string, call: ClusterCall, foundAt: string): boolean {
    if (this.#kept.has(name)) return true;
    if (this.#kept.size >= MAX_KEPT || !isPlainRead(call)) return false;
    this.#kept.set(name, { call, foundAt });
    return true;
  }

  /** Those that were found up to `until`. */
  due(until: string): readonly ClusterCall[] {
    const kept = [...this.#kept.values()];
    return kept.filter(({ foundAt }) => foundAt <= until).map(({ call }) => call);
  }

  /** They were judged. */
  forget(until: string): void {
    for (const [name, { foundAt }] of this.#kept) if (foundAt <= until) this.#kept.delete(name);
  }
}

const isPlainRead = ({ verb, resource, subresource }: ClusterCall): boolean =>
  plainVerbs.has(verb) && resource !== '' && plainSubresources.has(subresource);
