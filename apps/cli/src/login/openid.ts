import {
  allowInsecureRequests,
  ClientSecretBasic,
  clientCredentialsGrant,
  customFetch,
  discovery,
  initiateDeviceAuthorization,
  None,
  pollDeviceAuthorizationGrant,
  refreshTokenGrant,
  ResponseBodyError,
  type Configuration,
  type CustomFetch,
  type TokenEndpointResponse,
  type TokenEndpointResponseHelpers,
} from 'openid-client';
import { safeAddress } from '../api/safe-address.js';
import type { Fetch } from '../api/http-fetch.js';
import type { WantedLogin } from '../api/wanted-login.js';
import { CliError } from '../cli-error.js';
import type { CachedToken } from '../profile/token-cache.js';

const TIMEOUT_SECONDS = 15;
/** For an issuer that does not say how long its tokens live. */
const UNKNOWN_LIFE_SECONDS = 60;

export interface OpenIdClient {
  readonly issuer: string;
  readonly clientId: string;
  readonly fetch: Fetch;
  readonly now: Date;
  readonly scope?: string;
}

/** Client credentials: how an agent logs in. The secret goes to the token endpoint and nowhere else. */
export async function clientCredentials(
  client: OpenIdClient,
  clientSecret: string,
): Promise<CachedToken> {
  const configuration = await configurationOf(client, clientSecret);
  return toToken(client, () => clientCredentialsGrant(configuration, scopeOf(client)));
}

export interface DeviceLogin {
  readonly userCode: string;
  readonly verificationAddress: URL;
  /** Resolves when the human has approved in a browser. */
  token(signal: AbortSignal): Promise<CachedToken>;
}

/**
 * Device authorization (RFC 8628): how a human logs in from a terminal.
 *
 * @param wanted - a login that proves who they are now, and how
 */
export async function startDeviceLogin(
  client: OpenIdClient,
  wanted?: WantedLogin,
): Promise<DeviceLogin> {
  const configuration = await configurationOf(client);
  const started = await failing(client, () =>
    initiateDeviceAuthorization(configuration, { ...scopeOf(client), ...freshness(wanted) }),
  );
  const address = started.verification_uri_complete ?? started.verification_uri;
  return {
    userCode: started.user_code,
    verificationAddress: safeAddress(address, 'login page'),
    token: (signal) =>
      toToken(client, () =>
        pollDeviceAuthorizationGrant(configuration, started, undefined, { signal }),
      ),
  };
}

/** A new token for a refresh token; the issuer may hand out another refresh token with it. */
export async function refresh(client: OpenIdClient, refreshToken: string): Promise<CachedToken> {
  const configuration = await configurationOf(client);
  const renewed = await toToken(client, () => refreshTokenGrant(configuration, refreshToken));
  return { refreshToken, ...renewed };
}

const scopeOf = ({ scope }: OpenIdClient): Record<string, string> =>
  scope === undefined ? {} : { scope };

/** As in an authorization request of OpenID Connect. */
function freshness(wanted: WantedLogin | undefined): Record<string, string> {
  if (wanted === undefined) return {};
  const { maxAgeSeconds, acrValues } = wanted;
  return {
    prompt: 'login',
    ...(maxAgeSeconds === undefined ? {} : { max_age: String(maxAgeSeconds) }),
    ...(acrValues === undefined ? {} : { acr_values: acrValues }),
  };
}

async function configurationOf(
  client: OpenIdClient,
  clientSecret?: string,
): Promise<Configuration> {
  const url = safeAddress(client.issuer, 'issuer');
  const send: CustomFetch = (input, init) => client.fetch(input, init as RequestInit);
  return failing(client, () =>
    discovery(
      url,
      client.clientId,
      undefined,
      clientSecret === undefined ? None() : ClientSecretBasic(clientSecret),
      {
        timeout: TIMEOUT_SECONDS,
        [customFetch]: send,
        // safeAddress lets plain http pass for this machine only; the library marks it to be noticed.
        // eslint-disable-next-line @typescript-eslint/no-deprecated
        execute: url.protocol === 'http:' ? [allowInsecureRequests] : [],
      },
    ),
  );
}

type Granted = TokenEndpointResponse & TokenEndpointResponseHelpers;

async function toToken(client: OpenIdClient, grant: () => Promise<Granted>): Promise<CachedToken> {
  const granted = await failing(client, grant);
  const lifeSeconds = granted.expiresIn() ?? UNKNOWN_LIFE_SECONDS;
  return {
    accessToken: granted.access_token,
    expiresAt: new Date(client.now.getTime() + lifeSeconds * 1000).toISOString(),
    ...(granted.refresh_token === undefined ? {} : { refreshToken: granted.refresh_token }),
  };
}

/** Errors of the library may hold requests and answers: only the OAuth error name and text are passed on. */
async function failing<Result>(
  { issuer, clientId }: OpenIdClient,
  work: () => Promise<Result>,
): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof CliError) throw error;
    const why =
      error instanceof ResponseBodyError
        ? `${error.error}${error.error_description === undefined ? '' : `: ${error.error_description}`}`
        : 'it does not answer as an OpenID provider';
    throw new CliError('login_failed', `${issuer} did not log "${clientId}" in: ${why}`, {
      cause: error,
    });
  }
}
