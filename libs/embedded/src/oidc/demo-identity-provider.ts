import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { JWTPayload } from 'jose';
import { Provider } from 'oidc-provider';
import { approveDevice, type DeviceApprover } from './approve-device.js';
import { memoryAdapter } from './memory-adapter.js';
import { showLinkedCode } from './device-pages.js';
import { pageHeaders } from './page-frame.js';
import { providerConfiguration, type DemoIdentities } from './provider-configuration.js';
import { signIn } from './sign-in.js';
import { SigningKey } from './signing-keys.js';

export interface DemoIdentityProviderOptions extends Pick<DemoIdentities, 'agents' | 'humans'> {
  readonly host: string;
  /** Default: any free one. */
  readonly port?: number;
  /** `aud` of every access token. */
  readonly audience: string;
  /** Life of tokens; default one hour. */
  readonly tokenTtlSeconds?: number;
  /** Name of the humans' client, as the login page shows it; default: Drawbridge CLI. */
  readonly deviceClientName?: string;
  /** Where a login in a browser may lead back to; default: nowhere. */
  readonly webRedirectUris?: readonly string[];
  /** PEM; default: plain HTTP, which a trust configuration allows on loopback addresses only. */
  readonly tls?: { readonly key: string; readonly cert: string };
  /** Issuer as others see it; default: `http(s)://<host>:<port>`. */
  readonly publicUrl?: string;
}

/** A running identity provider of the demo. */
export interface DemoIdentityProvider {
  readonly issuer: string;
  /** Signs with a new key from now on. With `forget` the former keys are no longer published. */
  rotateKeys(options?: { readonly forget?: boolean }): Promise<void>;
  /** Logs `human` in for a device code, through the real pages and forms. */
  approveDevice(userCode: string, human: DeviceApprover): Promise<void>;
  /** Any claims under the current key: for tests of what a genuine issuer could still get wrong. */
  sign(claims: JWTPayload, header?: { readonly typ?: string }): Promise<string>;
  close(): Promise<void>;
}

/**
 * Starts an OpenID provider with the given people: client credentials for agents, the device flow for
 * humans, the code flow for a login in a browser, RS256 access tokens (`at+jwt`). A stand-in: nobody has a password, nothing is kept.
 */
export async function startDemoIdentityProvider(
  options: DemoIdentityProviderOptions,
): Promise<DemoIdentityProvider> {
  const provider = new RotatingProvider(options);
  const listener = (request: IncomingMessage, response: ServerResponse) => {
    provider.handle(request, response);
  };
  const { tls } = options;
  const server = tls === undefined ? createServer(listener) : createTlsServer({ ...tls }, listener);
  server.listen(options.port ?? 0, options.host);
  await once(server, 'listening');
  const issuer = options.publicUrl ?? addressOf(server, tls === undefined ? 'http' : 'https');
  await provider.start(issuer);
  return {
    issuer,
    rotateKeys: (how) => provider.rotateKeys(how),
    approveDevice: (userCode, human) => approveDevice(`${issuer}/device`, userCode, human),
    sign: (claims, header = {}) => provider.sign(claims, header),
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

function addressOf(server: Server, scheme: string): string {
  const { address, port, family } = server.address() as AddressInfo;
  return `${scheme}://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
}

/** oidc-provider reads its keys once, so a rotation puts a new instance on the same store in its place. */
class RotatingProvider {
  readonly #adapter = memoryAdapter();
  readonly #cookieKey = randomBytes(32).toString('base64url');
  readonly #identities: DemoIdentities;
  #issuer = '';
  #keys: readonly SigningKey[] = [];
  #provider: Provider | undefined;

  constructor(options: DemoIdentityProviderOptions) {
    this.#identities = {
      ...options,
      tokenTtlSeconds: options.tokenTtlSeconds ?? 3600,
      deviceClientName: options.deviceClientName ?? 'Drawbridge CLI',
      webRedirectUris: options.webRedirectUris ?? [],
    };
  }

  async start(issuer: string): Promise<void> {
    this.#issuer = issuer;
    await this.rotateKeys();
  }

  async rotateKeys({ forget = false }: { readonly forget?: boolean } = {}): Promise<void> {
    this.#keys = [await SigningKey.generate(), ...(forget ? [] : this.#keys)];
    const keys = await Promise.all(this.#keys.map((key) => key.privateJwk()));
    const secrets = { jwks: { keys }, cookieKey: this.#cookieKey };
    const configuration = providerConfiguration(this.#identities, secrets, this.#adapter);
    const provider = new Provider(this.#issuer, configuration);
    provider.use(showLinkedCode);
    this.#provider = provider;
  }

  sign(claims: JWTPayload, header: { readonly typ?: string }): Promise<string> {
    const [key] = this.#keys;
    if (key === undefined) throw new Error('the identity provider has not been started');
    return key.sign(claims, header);
  }

  handle(request: IncomingMessage, response: ServerResponse): void {
    const provider = this.#provider;
    const headers = pageHeaders(this.#identities.webRedirectUris);
    response.setHeaders(new Map(Object.entries(headers)));
    if (provider === undefined) {
      response.writeHead(503).end();
    } else if (request.url?.startsWith('/interaction/') === true) {
      signIn(provider, this.#identities.humans, { request, response }).catch((error: unknown) => {
        response.destroy(error instanceof Error ? error : undefined);
      });
    } else {
      void provider.callback()(request, response);
    }
  }
}
