/** When a grant begins, and how long it may go unused. */
export interface IdleTerms {
  readonly startsAt: string;
  readonly idleSeconds: number;
}

/**
 * When a grant is over that was last noted as used then, in milliseconds since 1970. It is a quarter later than its
 * terms say: gateways note a use within that time, so none that is used is ended.
 */
export function idleEndMs({ startsAt, idleSeconds }: IdleTerms, lastUsedMs = -Infinity): number {
  return Math.max(Date.parse(startsAt), lastUsedMs) + idleSeconds * 1_250;
}
