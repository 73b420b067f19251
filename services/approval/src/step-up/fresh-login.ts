import type {
  Principal,
  StepUp,
  StepUpProof,
  TrustBundle,
  TrustedIssuer,
} from '@drawbridge/contracts';
import type { Clock } from '@drawbridge/kernel';
import { withOnCall, type People } from '@drawbridge/people';
import { loginOf, principalOf } from '@drawbridge/token';
import { decodeProtectedHeader } from 'jose';
import {
  authorizationCodeGrant,
  AuthorizationResponseError,
  buildAuthorizationUrl,
  calculatePKCECodeChallenge,
  randomNonce,
  randomPKCECodeVerifier,
  randomState,
  type Configuration,
} from 'openid-client';
import { z } from 'zod';
import { refusedApprover } from '../domain/approval-refused.js';
import { StepUpFailed, stateInvalid } from './step-up-failed.js';
import { isUnreachable, unavailable, type WebIssuer } from './web-issuers.js';

/** A login under way; sealed, in the browser that began it. */
export const Flow = z.strictObject({
  requestId: z.string(),
  issuer: z.string(),
  state: z.string(),
  nonce: z.string(),
  verifier: z.string(),
});
export type Flow = z.infer<typeof Flow>;

export interface FreshLoginOptions {
  readonly trust: () => TrustBundle | undefined;
  /** Who is on call, which no token says. */
  readonly people: () => People | undefined;
  /** Ours, where the issuer sends the browser back to. */
  readonly redirectUri: string;
  readonly clock: Clock;
}

/** Who logged in, and what that proved. */
export interface LoggedIn {
  readonly approver: Principal;
  readonly proof: StepUpProof;
}

/** The code flow of OpenID Connect, with PKCE, state and nonce, for a human who must prove now who they are. */
export class FreshLogin {
  constructor(private readonly options: FreshLoginOptions) {}

  /** @throws StepUpFailed `issuer_unavailable` */
  async begin(
    { issuer, scope, client }: WebIssuer,
    wanted: StepUp,
    requestId: string,
  ): Promise<{ readonly flow: Flow; readonly location: string }> {
    const configuration = await client();
    const [state, nonce, verifier] = [randomState(), randomNonce(), randomPKCECodeVerifier()];
    const location = buildAuthorizationUrl(configuration, {
      redirect_uri: this.options.redirectUri,
      scope,
      state,
      nonce,
      code_challenge: await calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
      prompt: 'login',
      max_age: String(wanted.maxAgeSeconds),
      ...(wanted.acr === undefined ? {} : { acr_values: wanted.acr.join(' ') }),
    });
    return { flow: { requestId, issuer, state, nonce, verifier }, location: location.href };
  }

  /**
   * @param query - of the address that the issuer sent the browser back to
   * @throws StepUpFailed, TokenRefused, ApprovalRefused `approver_not_human`
   */
  async finish(flow: Flow, { client, issuer }: WebIssuer, query: string): Promise<LoggedIn> {
    const answer = new URL(`${this.options.redirectUri}${query}`);
    const states = answer.searchParams.getAll('state');
    if (states.length !== 1 || states[0] !== flow.state) throw stateInvalid();
    const claims = await claimsOf({ flow, answer, issuer, client: await client() });
    const trusted = this.#trusted(issuer);
    const principal = principalOf(claims, trusted);
    const now = this.options.clock();
    const approver = withOnCall(this.options.people(), principal, now.toISOString());
    if (approver.kind !== 'human') throw refusedApprover('approver_not_human');
    const { authTime, acr, amr } = loginOf(claims, trusted, now);
    if (authTime === undefined)
      throw failed('your identity provider does not say when you logged in (auth_time)');
    const strength = {
      ...(acr === undefined ? {} : { acr }),
      ...(amr === undefined ? {} : { amr: [...amr] }),
    };
    return { approver, proof: { issuer, authTime: authTime.toISOString(), ...strength } };
  }

  /** How its claims are read is the same for all who believe it. */
  #trusted(issuer: string): TrustedIssuer {
    const trusted = this.options.trust()?.issuers.find((known) => known.issuer === issuer);
    if (trusted === undefined) throw unavailable(issuer);
    return trusted;
  }
}

interface Answered {
  readonly flow: Flow;
  readonly answer: URL;
  readonly issuer: string;
  readonly client: Configuration;
}

/** The claims of a genuine ID token that is for us, of this login and of no other. */
async function claimsOf({ flow, answer, issuer, client }: Answered) {
  try {
    const tokens = await authorizationCodeGrant(client, answer, {
      pkceCodeVerifier: flow.verifier,
      expectedState: flow.state,
      expectedNonce: flow.nonce,
      idTokenExpected: true,
    });
    const claims = tokens.claims();
    if (claims === undefined || isAccessToken(tokens.id_token)) throw failed(unexpected);
    return { ...claims };
  } catch (cause) {
    if (cause instanceof StepUpFailed) throw cause;
    if (isUnreachable(cause)) throw unavailable(issuer, cause);
    throw failed(
      cause instanceof AuthorizationResponseError ? 'you were not logged in' : unexpected,
      cause,
    );
  }
}

/** RFC 9068: such a token says what it is. */
const isAccessToken = (token = ''): boolean =>
  /at\+jwt$/i.test(decodeProtectedHeader(token).typ ?? '');

const unexpected = 'your identity provider did not confirm this login';

const failed = (why: string, cause?: unknown): StepUpFailed =>
  new StepUpFailed('step_up_login_failed', `${why}; nothing was approved`, { cause });
