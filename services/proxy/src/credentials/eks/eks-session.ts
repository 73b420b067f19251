import type { Principal } from '@drawbridge/contracts';
import { bearerHeaders } from '../bearer-token-credential.js';
import type { CallIdentity, CredentialHeaders } from '../credential.js';
import { Renewed, type Obtained } from '../renewed.js';
import { awsFailure } from './aws-failure.js';
import { eksToken, TOKEN_LIFE_MS } from './eks-token.js';
import { RoleSession, type RoleSessionOptions } from './role-session.js';

/** Not used in its last minute: it has to reach the cluster, and clocks differ. */
const MARGIN_MS = 60_000;

/** By then the calls of a grant that is over have been cut and told why; usually this comes before us. */
const LATE_MS = 1_000;

/** The session of one agent under one grant, and the token that is signed with it. */
export class EksSession {
  readonly agent: Principal;
  readonly #role: RoleSession;
  readonly #options: RoleSessionOptions;
  readonly #headers: Renewed<CredentialHeaders>;
  readonly #end: NodeJS.Timeout;

  /** @param onEnd - the grant is over */
  constructor(
    { agent, grantEndsAtMs }: Pick<CallIdentity, 'agent' | 'grantEndsAtMs'>,
    options: RoleSessionOptions,
    onEnd: () => void,
  ) {
    this.agent = agent;
    this.#options = options;
    this.#role = new RoleSession(options);
    // What fails is the session, which says so itself, or the call that needs the token.
    this.#headers = new Renewed({ obtain: () => this.#sign() });
    const endsInMs = Math.max(0, grantEndsAtMs - Date.now()) + LATE_MS;
    this.#end = setTimeout(onEnd, Math.min(endsInMs, 2 ** 31 - 1)).unref();
  }

  headers(): CredentialHeaders | Promise<CredentialHeaders> {
    return this.#headers.current();
  }

  drop(): void {
    this.#headers.drop();
    this.#role.drop();
  }

  close(): void {
    clearTimeout(this.#end);
    this.#headers.close();
    this.#role.close();
  }

  async #sign(): Promise<Obtained<CredentialHeaders>> {
    const { spec, clients } = this.#options;
    const askedAtMs = performance.now();
    const { aws, usableUntilMs, skewMs } = await this.#role.current();
    const sts = await clients.sts(spec.region);
    const signedAt = new Date(Date.now() + skewMs);
    const { region, clusterName } = spec;
    const request = { sts, region, clusterName, credentials: aws, signedAt };
    const token = await eksToken(request).catch((error: unknown) => {
      throw awsFailure('signing the token', error);
    });
    // No token outlives the session that signed it.
    const usableMs = Math.min(TOKEN_LIFE_MS - MARGIN_MS, usableUntilMs - askedAtMs);
    return { value: bearerHeaders(token), usableMs, renewAfterMs: usableMs * 0.75 };
  }
}
