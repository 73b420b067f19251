import type { StoreEvent } from '../registry/object-store.js';
import type { Registry } from '../registry/registry.js';
import type { EventRecorder } from './event-recorder.js';

/** What every controller works with. */
export interface ControllerContext extends Registry {
  readonly events: EventRecorder;
  /** How long a pod takes to become ready. */
  readonly podStartMs: number;
  /** How long a pod takes to stop, if its grace period allows. */
  readonly podStopMs: number;
}

/** One part of the cluster that makes what is into what is wanted. */
export interface Controller {
  /** The keys that a change makes worth another look. */
  readonly keysOf: (event: StoreEvent) => readonly string[];
  /**
   * Takes one step for a key, on the present state; called again after every change.
   *
   * @returns milliseconds after which the key is looked at again without a change, or `undefined`.
   */
  readonly reconcile: (key: string) => number | undefined;
}

/** `namespace/name`, the key of most controllers. */
export function objectKey(namespace: string | undefined, name: string): string {
  return `${namespace ?? ''}/${name}`;
}

/** The namespace and name of a key; the namespace of a cluster-wide object is `undefined`. */
export function splitKey(key: string): {
  readonly namespace: string | undefined;
  readonly name: string;
} {
  const [namespace = '', name = ''] = key.split('/');
  return { namespace: namespace === '' ? undefined : namespace, name };
}
