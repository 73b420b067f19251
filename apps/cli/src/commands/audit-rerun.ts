import { readFile, stat } from 'node:fs/promises';
import { BundleUnreadable, readBundle, type Bundle } from '@drawbridge/replay';
import type { Command } from 'commander';
import { CliError } from '../cli-error.js';
import { exitCode, type ExitCode } from '../exit-code.js';
import { rerunText } from '../output/rerun-text.js';
import { openTarget, type TargetOptions } from '../rerun/open-target.js';
import { reportOf } from '../rerun/rerun-report.js';
import { downloadBundle } from './audit-export.js';
import {
  action,
  examples,
  sharedOptions,
  type CommandContext,
  type Registrar,
  type SharedOptions,
} from './command-context.js';

/** Of a bundle as it is, packed. */
const MAX_BYTES = 536_870_912;

interface RerunOptions extends SharedOptions, TargetOptions {
  readonly altered?: true;
}

/** `drawbridge audit rerun` */
export function registerRerun(registrar: Registrar, group: Command): void {
  const command = group
    .command('rerun')
    .summary('make the calls of a session again, and say which are answered differently')
    .description(
      'Makes the calls of a session again, in their order, in a sandbox that is as the record shows the cluster, or on a cluster of yours, never one of production. Says of each call whether the answer is the same.',
    )
    .argument('<session>', 'a bundle (file), or the id of a grant or access request')
    .option('--kubeconfig <file>', 'on a cluster of yours instead of the sandbox')
    .option('--context <name>', 'which one of the kubeconfig; never the current one by itself')
    .option('--yes', 'make calls there that change something, too')
    .option('--config <directory>', 'connections, to know which clusters are production')
    .option('--altered', 'also a bundle that is not as its manifest says')
    .addHelpText(
      'after',
      examples([
        'drawbridge audit rerun incident.tar.gz',
        'drawbridge audit rerun <grant> --kubeconfig ~/.kube/kind --context kind-scratch --yes',
      ]),
    );
  sharedOptions(command).action(
    action(registrar, (context) =>
      rerun(context, command.args[0] ?? '', command.opts<RerunOptions>()),
    ),
  );
}

async function rerun(
  context: CommandContext,
  session: string,
  options: RerunOptions,
): Promise<ExitCode> {
  const bundle = await bundleOf(context, session);
  if (bundle.altered.length > 0 && options.altered !== true) {
    const names = bundle.altered.slice(0, 5).join(', ');
    throw new CliError('bundle_altered', `not as the manifest says: ${names}`, {
      advice: 'take the session away again; --altered makes it again all the same',
    });
  }
  const target = await openTarget(options, bundle);
  try {
    const report = await reportOf(bundle, target);
    context.show(report, () => rerunText(report));
    return report.totals.different === 0 ? exitCode.ok : exitCode.different;
  } finally {
    await target.close();
  }
}

async function bundleOf(context: CommandContext, session: string): Promise<Bundle> {
  const file = await stat(session).catch(() => undefined);
  const isFile = file?.isFile() === true;
  if (isFile && file.size > MAX_BYTES) throw tooLarge();
  const bytes = isFile
    ? await readFile(session)
    : await collected(await downloadBundle(context, session));
  try {
    return readBundle(bytes);
  } catch (error) {
    if (error instanceof BundleUnreadable) throw new CliError(error.code, error.message);
    throw error;
  }
}

async function collected(stream: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of stream) {
    bytes += chunk.length;
    if (bytes > MAX_BYTES) throw tooLarge();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

const tooLarge = (): CliError =>
  new CliError('bundle_too_large', `more than ${MAX_BYTES / 1_048_576} MiB`);
