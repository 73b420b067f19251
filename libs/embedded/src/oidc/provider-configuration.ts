import {
  interactionPolicy,
  type AdapterFactory,
  type Configuration,
  type KoaContextWithOIDC,
  type JWKS,
} from 'oidc-provider';
import {
  DEMO_DEVICE_CLIENT,
  DEMO_WEB_CLIENT,
  type DemoAgent,
  type DemoHuman,
} from './demo-people.js';
import { loginClasses } from './sign-in.js';
import { deviceFlow } from './device-pages.js';
import { endedPage } from './pages.js';

/** Tokens are for this resource unless a client asks for another; the audience stands beside it. */
const RESOURCE = 'urn:drawbridge';
const SCOPE = 'drawbridge';
const DEVICE_CODE = 'urn:ietf:params:oauth:grant-type:device_code';

export interface DemoIdentities {
  readonly agents: readonly DemoAgent[];
  readonly humans: readonly DemoHuman[];
  /** `aud` of every access token. */
  readonly audience: string;
  readonly tokenTtlSeconds: number;
  /** Name of the humans' client, as the login page shows it. */
  readonly deviceClientName: string;
  /** Where a login in a browser may lead back to. */
  readonly webRedirectUris: readonly string[];
}

export interface ProviderSecrets {
  readonly jwks: JWKS;
  readonly cookieKey: string;
}

/** What oidc-provider is told: two ways to log in, signed access tokens, and who everybody is. */
export function providerConfiguration(
  identities: DemoIdentities,
  { jwks, cookieKey }: ProviderSecrets,
  adapter: AdapterFactory,
): Configuration {
  const { humans, tokenTtlSeconds } = identities;
  return {
    adapter,
    jwks,
    clients: clients(identities),
    clientDefaults: { grant_types: [], response_types: [], redirect_uris: [] },
    scopes: ['openid', SCOPE],
    acrValues: loginClasses,
    claims: { openid: ['sub', 'email', 'groups', 'principal_type', 'amr'] },
    conformIdTokenClaims: false,
    cookies: { keys: [cookieKey] },
    ttl: {
      AccessToken: tokenTtlSeconds,
      ClientCredentials: tokenTtlSeconds,
      IdToken: tokenTtlSeconds,
      DeviceCode: 600,
      Grant: 3600,
      Interaction: 600,
      Session: 3600,
    },
    features: features(identities),
    findAccount: (_, sub) => {
      const human = humans.find(({ id }) => id === sub);
      return human && { accountId: sub, claims: () => ({ sub, ...humanClaims(human) }) };
    },
    extraTokenClaims: (ctx, token) => ({ ...claimsOf(identities, token), ...loginOf(ctx) }),
    // Sessions end with the login; tokens go on.
    expiresWithSession: () => false,
    interactions: { policy: askEveryTime(), url: (_, { uid }) => `/interaction/${uid}` },
    loadExistingGrant: grantEverything,
    renderError: (ctx) => {
      ctx.type = 'html';
      ctx.body = endedPage();
    },
  };
}

function clients({
  agents,
  deviceClientName,
  webRedirectUris,
}: DemoIdentities): NonNullable<Configuration['clients']> {
  return [
    ...agents.flatMap(({ id, secret }) => ({
      client_id: id,
      client_secret: secret,
      grant_types: ['client_credentials'],
      scope: SCOPE,
    })),
    {
      client_id: DEMO_DEVICE_CLIENT,
      client_name: deviceClientName,
      token_endpoint_auth_method: 'none',
      grant_types: [DEVICE_CODE],
      scope: `openid ${SCOPE}`,
    },
    ...(webRedirectUris.length === 0 ? [] : [webClient(webRedirectUris)]),
  ];
}

const webClient = (redirectUris: readonly string[]) => ({
  client_id: DEMO_WEB_CLIENT,
  client_name: 'Drawbridge approvals',
  token_endpoint_auth_method: 'none' as const,
  grant_types: ['authorization_code'],
  response_types: ['code' as const],
  redirect_uris: [...redirectUris],
  scope: 'openid',
});

function features({ audience, tokenTtlSeconds }: DemoIdentities): Configuration['features'] {
  return {
    devInteractions: { enabled: false },
    clientCredentials: { enabled: true },
    deviceFlow,
    resourceIndicators: {
      enabled: true,
      defaultResource: () => RESOURCE,
      useGrantedResource: () => true,
      getResourceServerInfo: () => ({
        scope: SCOPE,
        audience,
        accessTokenFormat: 'jwt',
        accessTokenTTL: tokenTtlSeconds,
        jwt: { sign: { alg: 'RS256' } },
      }),
    },
  };
}

/**
 * Asks who is there at every login from a terminal, so that one browser can play several people. In a browser a
 * session lasts as anywhere, and whoever wants a fresh login has to ask for it.
 */
function askEveryTime(): interactionPolicy.DefaultPolicy {
  const policy = interactionPolicy.base();
  policy.remove('consent');
  policy
    .get('login')
    ?.checks.add(
      new interactionPolicy.Check(
        'asked_every_time',
        'the demo asks who is logging in',
        ({ oidc }) => oidc.client?.clientId !== DEMO_WEB_CLIENT && oidc.result?.login === undefined,
      ),
    );
  return policy;
}

/** The demo's own terminal client needs nobody's consent. */
async function grantEverything({ oidc }: KoaContextWithOIDC) {
  const grant = new oidc.provider.Grant({
    clientId: oidc.client?.clientId,
    accountId: oidc.session?.accountId,
  });
  grant.addOIDCScope('openid');
  grant.addResourceScope(RESOURCE, SCOPE);
  await grant.save();
  return grant;
}

const humanClaims = ({ email, name, groups }: DemoHuman) => ({
  principal_type: 'human',
  name,
  email,
  groups,
});

/** What RFC 9470 wants to know of a login, in the access tokens that come of it. */
function loginOf({ oidc }: KoaContextWithOIDC) {
  const { DeviceCode: code } = oidc.entities;
  if (code?.authTime === undefined) return {};
  return { auth_time: code.authTime, acr: code.acr, amr: code.amr };
}

function claimsOf(
  { agents, humans }: DemoIdentities,
  token: { readonly clientId?: string | undefined; readonly accountId?: string },
) {
  const human = humans.find(({ id }) => id === token.accountId);
  if (human !== undefined) return humanClaims(human);
  const agent = agents.find(({ id }) => id === token.clientId);
  if (agent === undefined) return undefined;
  return { principal_type: 'agent', groups: agent.groups, owner: agent.owner };
}
