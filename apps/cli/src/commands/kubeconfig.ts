import { randomUUID } from 'node:crypto';
import { mkdir, open, readFile, realpath, rename } from 'node:fs/promises';
import { homedir } from 'node:os';
import { delimiter, dirname, join, resolve } from 'node:path';
import { ConnectionName } from '@drawbridge/contracts';
import type { Command } from 'commander';
import { safeAddress } from '../api/safe-address.js';
import { CliError } from '../cli-error.js';
import { exitCode, type ExitCode } from '../exit-code.js';
import { mergeKubeconfig, type ConnectionEntry } from '../kubeconfig/kubeconfig.js';
import type { Terminal } from '../terminal.js';
import {
  action,
  examples,
  sharedOptions,
  type CommandContext,
  type Registrar,
  type SharedOptions,
} from './command-context.js';

interface KubeconfigOptions extends SharedOptions {
  readonly connection: string;
  readonly namespace?: string;
  readonly outputFile?: string;
  readonly force?: true;
  readonly use?: true;
}

/** `drawbridge kubeconfig` */
export function registerKubeconfig(registrar: Registrar): void {
  const command = registrar.program
    .command('kubeconfig')
    .summary('write a kubeconfig for a connection')
    .description(
      'Adds a connection to a kubeconfig, as the context drawbridge-<connection>. The file holds no secret: kubectl asks this CLI for a token. The certificate of the gateway is pinned.',
    )
    .requiredOption('-c, --connection <name>', 'cluster, as Drawbridge names it')
    .option('-n, --namespace <name>', 'namespace of the context')
    .option(
      '-f, --output-file <file>',
      'kubeconfig to write, - for standard output; default: that of kubectl',
    )
    .option('--force', 'replace what the file already has for this connection')
    .option('--use', 'make it the current context')
    .addHelpText(
      'after',
      examples([
        'drawbridge kubeconfig -c prod-eks',
        'drawbridge kubeconfig -c prod-eks -n payments -f ./kubeconfig && kubectl --kubeconfig ./kubeconfig get pods',
      ]),
    );
  sharedOptions(command).action(action(registrar, kubeconfig));
}

async function kubeconfig(context: CommandContext, command: Command): Promise<ExitCode> {
  const options = command.opts<KubeconfigOptions>();
  const entry = await entryOf(context, options);
  const { force = false, use = false, outputFile } = options;
  if (outputFile === '-') {
    const { text } = mergeKubeconfig(entry, { existing: undefined, force, use });
    context.terminal.out(text);
    return exitCode.ok;
  }
  const path = await followLink(resolve(outputFile ?? defaultKubeconfig(context.terminal)));
  const existing = await readExisting(path);
  const merged = mergeKubeconfig(entry, { existing, force, use });
  await replaceFile(path, merged.text);
  context.show({ file: path, context: merged.context, server: entry.server }, () =>
    [
      `wrote context ${merged.context} to ${path}\n`,
      `try: kubectl --kubeconfig ${path} --context ${merged.context} version\n`,
    ].join(''),
  );
  return exitCode.ok;
}

async function entryOf(
  context: CommandContext,
  { connection: name, namespace }: KubeconfigOptions,
): Promise<ConnectionEntry> {
  const connection = ConnectionName.safeParse(name);
  if (!connection.success) {
    throw new CliError('usage_invalid', '--connection: expected a name such as prod-eks');
  }
  const { gateway, gatewayCertificateAuthority } = await context.discovery();
  const base = safeAddress(gateway, 'gateway');
  if (base.protocol !== 'https:') {
    throw new CliError('server_insecure', `the gateway is not https: ${base.href}`);
  }
  return {
    connection: connection.data,
    server: `${base.href.replace(/\/$/, '')}/connections/${connection.data}`,
    certificateAuthority: gatewayCertificateAuthority,
    namespace,
    command: process.execPath,
    args: [context.terminal.program, 'credential'],
    env: environmentOf(context),
  };
}

/** What leads to the same profile from wherever kubectl is started. */
function environmentOf({ terminal, paths }: CommandContext): Record<string, string> {
  const base = terminal.env['XDG_CONFIG_HOME'];
  return {
    DRAWBRIDGE_PROFILE: paths.name,
    ...(base === undefined || base === '' ? {} : { XDG_CONFIG_HOME: base }),
  };
}

function defaultKubeconfig({ env }: Terminal): string {
  const [first] = (env['KUBECONFIG'] ?? '').split(delimiter).filter((path) => path !== '');
  return first ?? join(env['HOME'] ?? homedir(), '.kube', 'config');
}

const followLink = (path: string): Promise<string> => realpath(path).catch(() => path);

async function readExisting(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return undefined;
    throw new CliError('file_unreadable', `"${path}" cannot be read`, { cause });
  }
}

/** At once or not at all, and readable only by its owner, as kubectl wants it. */
async function replaceFile(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const temporary = `${path}.${randomUUID()}`;
  const file = await open(temporary, 'wx', 0o600);
  try {
    await file.writeFile(text);
  } finally {
    await file.close();
  }
  await rename(temporary, path);
}
