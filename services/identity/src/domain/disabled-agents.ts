import type { Principal, StopEvent, StoppedAgent } from '@drawbridge/contracts';
import type { RecordedEvent } from '@drawbridge/kernel';

/** An agent whose tokens are refused, by whom, and why. */
export interface DisabledAgent extends StoppedAgent {
  readonly by: Principal;
  readonly reason: string;
  readonly at: string;
}

/** The agents that are disabled: a fold of the stops, newest last. As long as the list that people keep. */
export class DisabledAgents {
  readonly #byKey = new Map<string, DisabledAgent & { readonly sequence: number }>();
  /** Where the newest event of a key that is enabled again stood, so that a late one cannot bring it back. */
  readonly #enabledAt = new Map<string, number>();

  /** @returns whether it changed who is disabled; harmless when repeated or late */
  take({ aggregateId, event, sequence, at }: RecordedEvent<StopEvent>): boolean {
    const known = this.#byKey.get(aggregateId)?.sequence ?? this.#enabledAt.get(aggregateId) ?? 0;
    if (sequence <= known) return false;
    if (event.type === 'AgentDisabled') {
      const { by, issuer, subject, reason } = event.data;
      this.#enabledAt.delete(aggregateId);
      this.#byKey.set(aggregateId, { issuer, subject, by, reason, at, sequence });
      return true;
    }
    if (event.type !== 'AgentEnabled') return false;
    this.#enabledAt.set(aggregateId, sequence);
    return this.#byKey.delete(aggregateId);
  }

  get list(): readonly DisabledAgent[] {
    return [...this.#byKey.values()];
  }
}
