import type { Way } from '../clients/raw-answer.js';
import type { LeakCall } from './everything-of.js';
import type { Planted } from './plant.js';

/** One side of the walk: directly, or through the gateway. */
export interface Side {
  readonly way: Way;
  readonly kubectl: string;
  readonly kubeconfig: string;
  /** For calls of a path, of which kubectl forgets the beginning. */
  readonly rawKubeconfig: string;
  /** A scratch directory of this side. */
  readonly directory: string;
}

/** What came of a route. */
export interface Seen {
  readonly parts: readonly Uint8Array[];
  /** Of a call: its status; of a program: its exit code. */
  readonly ended: string;
}

/**
 * What the gateway makes of it. `same`: it ends as it does directly. `refused`: it must not be answered at all.
 * `either`: masked or refused, as the client can take it.
 */
export type Expected = 'same' | 'refused' | 'either';

/** One way in which bytes of the cluster can reach an agent: an entry of the table. */
export interface Route {
  readonly what: string;
  readonly expected: Expected;
  /** The place of canaries that it may tell: what is written for everybody to read. */
  readonly tells?: string;
  readonly send: (side: Side, planted: Planted) => Promise<Seen>;
}

/** A route that is a single call. */
export interface CallRoute extends LeakCall {
  readonly what: string;
  /** @default 'same' */
  readonly expected?: Expected;
  readonly tells?: string;
}
