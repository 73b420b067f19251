import { resolve } from 'node:path';
import type { DrawbridgeDiscovery } from '@drawbridge/contracts';
import { Option, type Command } from 'commander';
import { toldAddress } from '../api/safe-address.js';
import { CliError } from '../cli-error.js';
import { exitCode, type ExitCode } from '../exit-code.js';
import { readSecret } from '../login/client-secret.js';
import type { Login, Profile } from '../profile/profile.js';
import { writeProfile } from '../profile/profile-store.js';
import { forgetToken } from '../profile/token-cache.js';
import {
  action,
  examples,
  sharedOptions,
  type CommandContext,
  type Registrar,
  type SharedOptions,
} from './command-context.js';

interface LoginOptions extends SharedOptions {
  readonly clientId?: string;
  readonly clientSecretFile?: string;
  readonly tokenFile?: string;
  readonly issuer?: string;
  readonly scope?: string;
  readonly browser: boolean;
}

/** `drawbridge login` */
export function registerLogin(registrar: Registrar): void {
  const command = registrar.program
    .command('login')
    .summary('log in, as a human or as an agent')
    .description(
      'Logs in and remembers how, in a profile. Without --client-id a human logs in with a browser; with it an agent does, with a secret from --client-secret-file or DRAWBRIDGE_CLIENT_SECRET. The secret is not copied.',
    )
    .option('--client-id <id>', 'log in as this agent (client credentials)')
    .option('--client-secret-file <file>', 'file that holds the secret of --client-id')
    .option('--token-file <file>', 'take tokens from this file, which something else keeps filled')
    .option('--issuer <url>', 'identity provider, when Drawbridge trusts several')
    .option('--scope <scopes>', 'scopes to ask the identity provider for')
    .option('--no-browser', 'show the address to open instead of opening it')
    .addOption(refusedSecret('--client-secret <secret>', '--client-secret-file'))
    .addOption(refusedSecret('--token <token>', '--token-file'))
    .addHelpText(
      'after',
      examples([
        'drawbridge login --server https://drawbridge.corp.example',
        'drawbridge login --profile oncall --client-id agent-oncall --client-secret-file /run/secrets/oncall',
        'drawbridge login --token-file /var/run/secrets/tokens/drawbridge',
      ]),
    );
  sharedOptions(command).action(action(registrar, login));
}

/** Every process of a machine can read command lines: a secret there is refused, never used. */
const refusedSecret = (flags: string, instead: string): Option =>
  new Option(flags).hideHelp().argParser(() => {
    const name = flags.split(' ')[0] ?? flags;
    throw new CliError('secret_on_command_line', `${name}: a secret may not be an argument`, {
      advice: `use ${instead}, or an environment variable, and change this secret: others may have seen it`,
    });
  });

async function login(context: CommandContext, command: Command): Promise<ExitCode> {
  const options = command.opts<LoginOptions>();
  const chosen = await chooseLogin(context, options);
  const certificateAuthorityFile = await context.certificateAuthorityFile();
  const profile: Profile = {
    server: (await context.server()).href,
    login: chosen,
    ...(certificateAuthorityFile === undefined
      ? {}
      : { certificateAuthorityFile: resolve(certificateAuthorityFile) }),
  };
  await forgetToken(context.paths);
  const expiresAt = await obtainToken(context, profile, options);
  await writeProfile(context.paths, profile);
  const { name } = context.paths;
  const result = { profile: name, server: profile.server, type: chosen.type, expiresAt };
  context.show(result, () => `logged in to ${profile.server} as profile ${name}\n`);
  return exitCode.ok;
}

async function chooseLogin(context: CommandContext, options: LoginOptions): Promise<Login> {
  const { clientId, clientSecretFile, tokenFile, scope } = options;
  if (tokenFile !== undefined) {
    if (clientId !== undefined) throw usage('--token-file and --client-id exclude each other');
    return { type: 'tokenFile', file: resolve(tokenFile) };
  }
  if (clientId === undefined) {
    if (clientSecretFile !== undefined) throw usage('--client-secret-file belongs to --client-id');
    return humanLogin(context, options);
  }
  const issuers = (await context.discovery()).issuers;
  const { issuer } = oneOf(issuers, options.issuer);
  return {
    type: 'agent',
    issuer: await trustworthy(context, issuer),
    clientId,
    ...(clientSecretFile === undefined ? {} : { clientSecretFile: resolve(clientSecretFile) }),
    // What Drawbridge tells is for humans: `openid` means nothing without one.
    ...scopeOf(scope),
  };
}

async function humanLogin(
  context: CommandContext,
  { issuer: wanted, scope }: LoginOptions,
): Promise<Login> {
  const issuers = (await context.discovery()).issuers.filter(
    ({ deviceClientId }) => deviceClientId !== undefined,
  );
  const { issuer, deviceClientId = '', scope: told } = oneOf(issuers, wanted);
  return {
    type: 'human',
    issuer: await trustworthy(context, issuer),
    clientId: deviceClientId,
    ...scopeOf(scope ?? told ?? 'openid'),
  };
}

const scopeOf = (scope: string | undefined) => (scope === undefined ? {} : { scope });

type Issuer = DrawbridgeDiscovery['issuers'][number];

function oneOf(issuers: readonly Issuer[], wanted: string | undefined): Issuer {
  const matching = issuers.filter(({ issuer }) => wanted === undefined || issuer === wanted);
  const [first] = matching;
  if (first !== undefined && matching.length === 1) return first;
  const known = issuers.map(({ issuer }) => issuer).join(', ') || 'none';
  const message =
    matching.length === 0
      ? 'Drawbridge trusts no such identity provider for this login'
      : 'Drawbridge trusts several identity providers';
  throw new CliError('login_ambiguous', message, { advice: `choose one with --issuer: ${known}` });
}

async function trustworthy(context: CommandContext, issuer: string): Promise<string> {
  toldAddress(issuer, 'issuer', await context.server());
  return issuer;
}

/** Logs in once, so that a wrong secret is found now and not at the first request. */
async function obtainToken(
  context: CommandContext,
  profile: Profile,
  { browser }: LoginOptions,
): Promise<string | undefined> {
  const { terminal, paths } = context;
  const { login: chosen } = profile;
  if (chosen === undefined) throw new TypeError('a login without a login');
  if (chosen.type === 'tokenFile') {
    await readSecret(chosen.file, '--token-file');
    return undefined;
  }
  if (chosen.type === 'human') {
    const { logInWithBrowser } = await import('../login/log-in-with-browser.js');
    return logInWithBrowser(context, { profile, login: chosen, browser });
  }
  const { renewToken } = await import('../login/fresh-token.js');
  const { expiresAt } = await renewToken({ terminal, paths, profile, login: chosen });
  return expiresAt;
}

const usage = (message: string): CliError => new CliError('usage_invalid', message);
