import { DrawbridgeDiscovery } from '@drawbridge/contracts';
import { ApiClient } from './api/api-client.js';
import { httpFetch, type Fetch } from './api/http-fetch.js';
import { safeAddress, toldAddress } from './api/safe-address.js';
import { CliError } from './cli-error.js';
import { currentToken } from './login/current-token.js';
import { hasEnvironmentToken } from './login/environment-token.js';
import type { Profile } from './profile/profile.js';
import { profilePaths, type ProfilePaths } from './profile/profile-paths.js';
import { readProfile } from './profile/profile-store.js';
import type { Terminal } from './terminal.js';

/** Options that every command has. */
export interface SessionOptions {
  readonly profile?: string;
  readonly server?: string;
  readonly certificateAuthority?: string;
}

/** One use of the CLI: whose profile, which Drawbridge, which token. Reads each of them once. */
export class Session {
  readonly paths: ProfilePaths;
  #profile: Promise<Profile | undefined> | undefined;
  #discovery: Promise<DrawbridgeDiscovery> | undefined;

  constructor(
    readonly terminal: Terminal,
    private readonly options: SessionOptions,
  ) {
    this.paths = profilePaths(terminal, options.profile);
  }

  profile(): Promise<Profile | undefined> {
    this.#profile ??= readProfile(this.paths);
    return this.#profile;
  }

  /** `--server`, `DRAWBRIDGE_URL` or the profile's. */
  async server(): Promise<URL> {
    const given = this.options.server ?? this.terminal.env['DRAWBRIDGE_URL'];
    const text = given === undefined || given === '' ? (await this.profile())?.server : given;
    if (text !== undefined) return safeAddress(text, 'server');
    throw new CliError('server_missing', 'the address of Drawbridge is not known', {
      advice: 'give it with --server https://… or DRAWBRIDGE_URL; "drawbridge login" remembers it',
    });
  }

  async certificateAuthorityFile(): Promise<string | undefined> {
    const { certificateAuthority } = this.options;
    return certificateAuthority ?? (await this.profile())?.certificateAuthorityFile;
  }

  async fetch(): Promise<Fetch> {
    return httpFetch(await this.certificateAuthorityFile());
  }

  /** Where the parts are, as the ingress tells. */
  discovery(): Promise<DrawbridgeDiscovery> {
    this.#discovery ??= this.discover();
    return this.#discovery;
  }

  /** The API of the ingress. */
  async ingress(): Promise<ApiClient> {
    return this.client(await this.server());
  }

  /** The API of another part, at the address that the ingress tells. */
  async part(name: 'approvals' | 'audit'): Promise<ApiClient> {
    const { [name]: address } = await this.discovery();
    return this.client(toldAddress(address, `${name} address`, await this.server()));
  }

  private async client(base: URL): Promise<ApiClient> {
    await this.requireOwnServer();
    const { accessToken } = await currentToken(this.terminal, this.paths);
    const { interrupted } = this.terminal;
    return new ApiClient({ base, fetch: await this.fetch(), token: accessToken, interrupted });
  }

  /** A login is for one server: its token is not shown to another one that `--server` happens to name. */
  private async requireOwnServer(): Promise<void> {
    const profile = await this.profile();
    if (profile?.login === undefined || hasEnvironmentToken(this.terminal)) return;
    const [asked, own] = [await this.server(), new URL(profile.server)];
    if (asked.origin === own.origin) return;
    throw new CliError(
      'server_mismatch',
      `profile "${this.paths.name}" is logged in to ${own.origin}, not to ${asked.origin}`,
      {
        advice: 'log in to the other one with "drawbridge login", or use another --profile for it',
      },
    );
  }

  private async discover(): Promise<DrawbridgeDiscovery> {
    const { interrupted } = this.terminal;
    const base = await this.server();
    const client = new ApiClient({ base, fetch: await this.fetch(), interrupted });
    return client.call({ path: '/.well-known/drawbridge', answer: DrawbridgeDiscovery });
  }
}
