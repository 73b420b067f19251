/** The login that an API wants before it does what was asked (RFC 9470). */
export interface WantedLogin {
  readonly maxAgeSeconds?: number;
  /** Classes of logins, separated by spaces. */
  readonly acrValues?: string;
}

const parameter = (challenge: string, name: string): string | undefined =>
  new RegExp(`[ ,]${name}="([^"]*)"`).exec(challenge)?.[1];

/** @returns `undefined` when the challenge is about something else, or there is none */
export function wantedLogin(challenge: string | null): WantedLogin | undefined {
  if (challenge === null || !/^bearer /i.test(challenge)) return undefined;
  if (parameter(challenge, 'error') !== 'insufficient_user_authentication') return undefined;
  const [maxAge, acrValues] = [parameter(challenge, 'max_age'), parameter(challenge, 'acr_values')];
  return {
    ...(maxAge !== undefined && /^\d{1,6}$/.test(maxAge) ? { maxAgeSeconds: Number(maxAge) } : {}),
    ...(acrValues === undefined ? {} : { acrValues }),
  };
}
