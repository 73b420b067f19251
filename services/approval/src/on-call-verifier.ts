import type { TrustBundle } from '@drawbridge/contracts';
import type { Clock } from '@drawbridge/kernel';
import { withOnCall, type People } from '@drawbridge/people';
import { TokenVerifier, type VerifiedToken } from '@drawbridge/token';

export interface OnCallVerifierOptions {
  readonly trust: () => TrustBundle | undefined;
  /** `undefined` where there is no configuration; then nobody is on call. */
  readonly people: () => People | undefined;
  readonly clock: Clock;
}

/** Verifies tokens, and says of each human whether they are on call now, which no token says. */
export class OnCallVerifier extends TokenVerifier {
  constructor(private readonly options: OnCallVerifierOptions) {
    super(options.trust, options.clock);
  }

  override async verify(...authorization: Parameters<TokenVerifier['verify']>) {
    const verified: VerifiedToken = await super.verify(...authorization);
    const at = this.options.clock().toISOString();
    return { ...verified, principal: withOnCall(this.options.people(), verified.principal, at) };
  }
}
