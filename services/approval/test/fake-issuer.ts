import { createHash, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { TrustedIssuer, type Principal } from '@drawbridge/contracts';
import { exportJWK, generateKeyPair, SignJWT, type JWTPayload } from 'jose';

export const WEB_CLIENT = 'drawbridge-approvals';

/** How an ID token differs from the genuine one of somebody who logged in just now. */
export interface IdTokenChanges {
  readonly claims?: JWTPayload;
  readonly typ?: string;
  /** Signed with a key that the issuer does not publish. */
  readonly stranger?: boolean;
}

/** An OpenID provider that puts into its ID tokens whatever a test wants. */
export interface FakeIssuer {
  readonly issuer: string;
  readonly trusted: TrustedIssuer;
  readonly document: object;
  /** The person as this issuer knows them. */
  known(person: Principal): Principal;
  /** Logs a person in at the address that a browser was sent to. @returns the query that it comes back with */
  logIn(location: string, person: Principal, changes?: IdTokenChanges): string;
  /** A token as this issuer would sign it. */
  sign(claims: JWTPayload, changes?: IdTokenChanges): Promise<string>;
  close(): Promise<void>;
}

interface Login {
  readonly nonce: string;
  readonly challenge: string;
  readonly person: Principal;
  readonly changes: IdTokenChanges;
}

export async function startFakeIssuer(): Promise<FakeIssuer> {
  const [own, stranger] = await Promise.all([generateKeyPair('RS256'), generateKeyPair('RS256')]);
  const key = { ...(await exportJWK(own.publicKey)), kid: 'fake', use: 'sig', alg: 'RS256' };
  const logins = new Map<string, Login>();
  const state = { issuer: '' };

  const sign = (claims: JWTPayload, { typ = 'JWT', stranger: isForged }: IdTokenChanges = {}) =>
    new SignJWT(claims)
      .setProtectedHeader({ alg: 'RS256', kid: 'fake', typ })
      .sign(isForged === true ? stranger.privateKey : own.privateKey);

  const idToken = ({ nonce, person, changes }: Login) => {
    const now = Math.floor(Date.now() / 1000);
    const { subject: sub, email, groups, kind, owner } = person;
    const times = { iat: now, exp: now + 300, auth_time: now };
    const login = { iss: state.issuer, aud: WEB_CLIENT, sub, nonce, acr: 'phr', amr: ['hwk'] };
    const about = { email, groups, principal_type: kind, owner };
    return sign({ ...times, ...login, ...about, ...changes.claims }, changes);
  };

  const answers: Readonly<Record<string, (request: IncomingMessage) => Promise<object> | object>> =
    {
      '/.well-known/openid-configuration': () => metadataOf(state.issuer),
      '/jwks': () => ({ keys: [key] }),
      '/token': async (request) => {
        const form = new URLSearchParams(await text(request));
        const login = logins.get(form.get('code') ?? '');
        logins.delete(form.get('code') ?? '');
        const proven = createHash('sha256').update(form.get('code_verifier') ?? '');
        if (login?.challenge !== proven.digest('base64url')) return { error: 'invalid_grant' };
        return { access_token: 'a', token_type: 'Bearer', id_token: await idToken(login) };
      },
    };
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const found = await answers[request.url ?? '']?.(request);
    const status = found === undefined ? 404 : 'error' in found ? 400 : 200;
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(JSON.stringify(found ?? {}));
  };
  const server = createServer((request, response) => void answer(request, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  state.issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  return {
    issuer: state.issuer,
    trusted: trustedOf(state.issuer, key),
    document: documentOf(state.issuer),
    known: (person) => ({ ...person, issuer: state.issuer }),
    logIn: (location, person, changes = {}) => {
      const { searchParams: asked } = new URL(location);
      const code = randomUUID();
      const [nonce, challenge] = [asked.get('nonce') ?? '', asked.get('code_challenge') ?? ''];
      logins.set(code, { nonce, challenge, person, changes });
      return `?${new URLSearchParams({ code, state: asked.get('state') ?? '' }).toString()}`;
    },
    sign,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

const metadataOf = (issuer: string) => ({
  issuer,
  authorization_endpoint: `${issuer}/auth`,
  token_endpoint: `${issuer}/token`,
  jwks_uri: `${issuer}/jwks`,
  response_types_supported: ['code'],
  subject_types_supported: ['public'],
  id_token_signing_alg_values_supported: ['RS256'],
  code_challenge_methods_supported: ['S256'],
});

const claims = {
  kind: { pointer: '/principal_type', agent: ['agent'], human: ['human'] },
  groups: '/groups',
  email: '/email',
  owner: '/owner',
};

const trustedOf = (issuer: string, key: object): TrustedIssuer =>
  TrustedIssuer.parse({
    issuer,
    audiences: ['drawbridge'],
    algorithms: ['RS256'],
    clockSkewSeconds: 5,
    claims,
    keys: [key],
  });

const documentOf = (issuer: string) => ({
  apiVersion: 'drawbridge.dev/v1alpha1',
  kind: 'Issuer',
  metadata: { name: 'fake' },
  spec: {
    issuer,
    audiences: ['drawbridge'],
    allowInsecureHttp: true,
    claims,
    login: { deviceClientId: 'drawbridge-cli', web: { clientId: WEB_CLIENT } },
  },
});
