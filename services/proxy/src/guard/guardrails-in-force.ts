import type { ConnectionDocument, GuardrailDocument } from '@drawbridge/contracts';
import { compileGuardrails, type GuardedConnection, type Guardrails } from '@drawbridge/guardrails';

/** The documents that guardrails are made of. */
export interface GuardDocuments {
  readonly connections: readonly ConnectionDocument[];
  readonly guardrails: readonly GuardrailDocument[];
}

/** The guardrails of the configuration in force, and what they may know of its connections. */
export class GuardrailsInForce {
  #rails: Guardrails = compileGuardrails([]);
  #connections: ReadonlyMap<string, GuardedConnection> = new Map();

  get rails(): Guardrails {
    return this.#rails;
  }

  connection(name: string): GuardedConnection | undefined {
    return this.#connections.get(name);
  }

  /** Takes documents into use, all of them or none. @throws {@link GuardrailInvalid} and keeps what was */
  replace({ connections, guardrails }: GuardDocuments): void {
    // Changed connections are no reason to forget what is known of calls.
    const rails = compileGuardrails(guardrails);
    if (rails.version !== this.#rails.version) this.#rails = rails;
    this.#connections = new Map(
      connections.map(({ metadata: { name, labels }, spec: { environment } }) => [
        name,
        { name, environment, labels },
      ]),
    );
  }
}
