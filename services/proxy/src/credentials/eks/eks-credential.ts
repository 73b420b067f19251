import type { CallIdentity, Credential, CredentialHeaders } from '../credential.js';
import { CredentialFailure, credentialUnavailable, orRefuse } from '../credential-failure.js';
import { EksSession } from './eks-session.js';
import type { RoleSessionOptions } from './role-session.js';
import { sessionNames } from './session-names.js';

/** Grants that are in use at one cluster at the same time; of more, the oldest start anew. */
const MAX_SESSIONS = 10_000;

export interface EksCredentialOptions extends Omit<RoleSessionOptions, 'names'> {
  readonly connection: string;
  /** @default 10_000 */
  readonly maxSessions?: number;
}

/**
 * EKS: a session of the connection's role for every agent and grant, so that AWS's log and the cluster's tell them
 * apart, and the presigned token that it gives. Sessions end with their grants.
 */
export class EksCredential implements Credential {
  readonly #options: EksCredentialOptions;
  /** By grant, in the order of their first use. */
  readonly #sessions = new Map<string, EksSession>();

  constructor(options: EksCredentialOptions) {
    this.#options = options;
  }

  /** Sessions that are held. */
  get size(): number {
    return this.#sessions.size;
  }

  headers(identity: CallIdentity): CredentialHeaders | Promise<CredentialHeaders> {
    const { connection } = this.#options;
    const session = this.#sessions.get(identity.grantId) ?? this.#open(identity);
    const { issuer, subject } = session.agent;
    if (issuer !== identity.agent.issuer || subject !== identity.agent.subject) {
      throw credentialUnavailable(
        connection,
        new CredentialFailure('the grant is of another agent'),
      );
    }
    return orRefuse(session.headers(), connection);
  }

  refused({ grantId }: CallIdentity): void {
    this.#sessions.get(grantId)?.drop();
  }

  grantEnded(grantId: string): void {
    this.#sessions.get(grantId)?.close();
    this.#sessions.delete(grantId);
  }

  close(): Promise<void> {
    for (const session of this.#sessions.values()) session.close();
    this.#sessions.clear();
    return Promise.resolve();
  }

  #open(identity: CallIdentity): EksSession {
    const { connection, maxSessions = MAX_SESSIONS, spec, clients, onFailure } = this.#options;
    const { grantId } = identity;
    const names = sessionNames(identity, connection);
    const options = { spec, clients, onFailure, names };
    const session = new EksSession(identity, options, () => this.grantEnded(grantId));
    this.#sessions.set(grantId, session);
    const [oldest] = this.#sessions.keys();
    if (this.#sessions.size > maxSessions && oldest !== undefined) this.grantEnded(oldest);
    return session;
  }
}
