import { describeCall } from '../domain/describe-call.js';
import type { KubeRequest } from '../domain/kube-request.js';
import type { OpenGrant } from '../domain/open-grants.js';

const KEPT = 20;

interface Ring {
  readonly calls: (KubeRequest | undefined)[];
  readonly times: number[];
  next: number;
}

/**
 * What agents did under each open grant lately, for those who decide about the next call. In memory, and of this
 * worker only: it is a help for humans and no record.
 */
export class CallHistory {
  readonly #rings = new WeakMap<OpenGrant, Ring>();

  /** Every call passes here, so it makes nothing new. */
  note(grant: OpenGrant, kube: KubeRequest, receivedAt: Date): void {
    let ring = this.#rings.get(grant);
    if (ring === undefined) {
      ring = {
        calls: new Array<undefined>(KEPT).fill(undefined),
        times: new Array<number>(KEPT).fill(0),
        next: 0,
      };
      this.#rings.set(grant, ring);
    }
    ring.calls[ring.next] = kube;
    ring.times[ring.next] = receivedAt.getTime();
    ring.next = (ring.next + 1) % KEPT;
  }

  /** The newest first; what came again at once is told once. */
  of(grant: OpenGrant): readonly string[] {
    const ring = this.#rings.get(grant);
    if (ring === undefined) return [];
    const lines: string[] = [];
    let last = '';
    for (let back = 1; back <= KEPT; back += 1) {
      const at = (ring.next - back + KEPT) % KEPT;
      const kube = ring.calls[at];
      if (kube === undefined) break;
      const words = describeCall(kube);
      if (words !== last) lines.push(`${timeOf(ring.times[at] ?? 0)} ${words}`);
      last = words;
    }
    return lines;
  }
}

/** `09:41:05`, UTC. */
const timeOf = (ms: number): string => new Date(ms).toISOString().slice(11, 19);
