import type { IssuerDocument, TrustBundle, TrustedIssuer } from '@drawbridge/contracts';

/**
 * An issuer as verifiers need it: what the configuration says, with the keys it publishes.
 *
 * @param disabled - subjects that are disabled beside those of the configuration
 */
export function trustedIssuer(
  { spec }: IssuerDocument,
  keys: TrustedIssuer['keys'],
  disabled: readonly string[] = [],
): TrustedIssuer {
  const { maxTokenAgeSeconds, authorizedParties } = spec;
  return {
    issuer: spec.issuer,
    audiences: spec.audiences,
    algorithms: spec.algorithms,
    clockSkewSeconds: spec.clockSkewSeconds,
    ...(maxTokenAgeSeconds === undefined ? {} : { maxTokenAgeSeconds }),
    ...(authorizedParties === undefined ? {} : { authorizedParties }),
    claims: spec.claims,
    owners: spec.owners,
    disabledSubjects: [...new Set([...spec.disabledSubjects, ...disabled])],
    keys,
  };
}

/** Whether two bundles believe the same tokens; revision and instant aside. */
export function isSameTrust(
  one: Pick<TrustBundle, 'issuers'>,
  other: Pick<TrustBundle, 'issuers'>,
): boolean {
  return JSON.stringify(one.issuers) === JSON.stringify(other.issuers);
}
