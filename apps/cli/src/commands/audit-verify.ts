import { KeyChainRefused, NoteRefused } from '@drawbridge/integrity';
import { AppError } from '@drawbridge/kernel';
import { Option, type Command } from 'commander';
import { CliError } from '../cli-error.js';
import { exitCode, type ExitCode } from '../exit-code.js';
import {
  checkDirectory,
  checkLive,
  type Believed,
  type RecordCheck,
} from '../integrity/check-record.js';
import type { TimestampReport } from '../integrity/timestamp-check.js';
import { checkProofFile, type ProofReport } from '../integrity/check-proof-file.js';
import { RecordReader } from '../integrity/record-reader.js';
import { timestampRoots, trustedKey } from '../integrity/trusted-key.js';
import { proofReport } from '../output/proof-text.js';
import { verifyText } from '../output/verify-text.js';
import { AuditReader } from '../policy-diff/audit-reader.js';
import {
  action,
  examples,
  sharedOptions,
  type CommandContext,
  type Registrar,
  type SharedOptions,
} from './command-context.js';

interface VerifyOptions extends SharedOptions {
  readonly key?: string;
  readonly kept: readonly string[];
  readonly stream?: string;
  readonly rows?: true;
  readonly timestampCa?: string;
  readonly proof?: string;
}

/** `drawbridge audit verify` */
export function registerVerify(registrar: Registrar, group: Command): void {
  const verify = group
    .command('verify')
    .argument(
      '[directory]',
      'an export, or a session of "audit export", that was unpacked; without it, the record itself',
    )
    .summary('prove that the record is what was sealed')
    .description(
      'Checks that nothing was altered, dropped, reordered, cut off or added, and says where. It is checked here, with a public key; audit only gives what it has.',
    )
    .option(
      '--key <key>',
      'public key to trust: <name>+<id>+<key>, or a file that holds it or a PEM',
    )
    .addOption(
      new Option('--kept <paths...>', 'checkpoints that you kept: files, or directories of *.note')
        .default([])
        .argParser((path: string, paths: readonly string[]) => [...paths, path]),
    )
    .option('--rows', 'check the rows of ClickHouse, instead of the messages in JetStream')
    .option(
      '--timestamp-ca <file>',
      'PEM of who vouches for the time stamper: checks the timestamps of the checkpoints, too',
    )
    .option('--stream <names>', 'only these: ACCESS, COMMANDS, …')
    .option('--proof <file>', 'check the proof of one command, offline, and nothing else')
    .addHelpText(
      'after',
      examples([
        'drawbridge audit verify --key audit-key.pem',
        'drawbridge audit verify --rows --key audit-key.pem',
        'drawbridge audit verify ./incident --key audit-key.pem',
        'drawbridge audit verify --stream COMMANDS --kept ./checkpoints',
        'drawbridge audit verify --key audit-key.pem --timestamp-ca tsa-ca.pem',
        'drawbridge audit verify --proof proof.json --key audit-key.pem --kept published.note',
      ]),
    );
  sharedOptions(verify).action(
    action(registrar, (context, { args: [directory] }) =>
      run(context, directory, verify.opts<VerifyOptions>()),
    ),
  );
}

async function run(
  context: CommandContext,
  directory: string | undefined,
  options: VerifyOptions,
): Promise<ExitCode> {
  if (directory !== undefined) refuseOfRecord(options);
  const believed: Believed = {
    kept: options.kept,
    ...(options.key === undefined ? {} : { trusted: await trustedKey(options.key) }),
    ...(options.timestampCa === undefined
      ? {}
      : { timestampRoots: await timestampRoots(options.timestampCa) }),
  };
  const { proof } = options;
  if (proof !== undefined) {
    showProof(context, await refusingProof(() => checkProofFile(proof, believed)));
    return noteKeys(context, options);
  }
  const checked = await refusing(() =>
    directory === undefined
      ? live(context, believed, options)
      : checkDirectory(directory, believed),
  );
  show(context, checked);
  noteKeys(context, options);
  return checked.findingCount === 0 ? exitCode.ok : exitCode.error;
}

/** What says something of the record must not look as if it had been checked in a directory. */
function refuseOfRecord({ rows, stream, timestampCa }: VerifyOptions): void {
  const given = { '--rows': rows, '--stream': stream, '--timestamp-ca': timestampCa };
  const [name] = Object.entries(given).find(([, value]) => value !== undefined) ?? [];
  if (name === undefined) return;
  throw new CliError('usage_invalid', `${name}: of the record itself, without a directory`);
}

function noteKeys(context: CommandContext, { key }: VerifyOptions): ExitCode {
  if (key === undefined) {
    context.note('the keys came with the record: give the one that you trust with --key');
  }
  return exitCode.ok;
}

function showProof(context: CommandContext, report: ProofReport): void {
  const { commandId, chain, records, stamps, by, at } = report;
  const told = records.map(({ record, proven, checkpoint }, index) => ({
    record,
    ...{ sequence: proven.sequence, line: proven.line, storedAt: proven.storedAt },
    ...{ size: checkpoint.size, root: hex(checkpoint.root), signedAt: checkpoint.at },
    timestamp: stamps[index],
  }));
  const answer = { log: chain.name, command: commandId, by, at, records: told };
  context.show(answer, () => proofReport(report));
}

function live(
  context: CommandContext,
  believed: Believed,
  { stream, rows }: VerifyOptions,
): Promise<RecordCheck> {
  const reader = new RecordReader(new AuditReader(() => context.part('audit')));
  return checkLive(reader, believed, {
    now: context.now,
    rows: rows === true,
    ...(stream === undefined ? {} : { only: stream.split(',') }),
  });
}

function show(context: CommandContext, checked: RecordCheck): void {
  const { chain, streams, findings, findingCount, taken, session } = checked;
  const told = streams.map(
    ({ stream, verified, unsealed, passedOver, gaps, last, timestamps }) => ({
      stream,
      verified,
      unsealed,
      notKept: passedOver,
      gaps,
      ...(last === undefined
        ? {}
        : { size: last.size, sequence: last.last, at: last.at, root: hex(last.root) }),
      ...(timestamps === undefined ? {} : { timestamps: toldOf(timestamps) }),
    }),
  );
  const answer = { log: chain.name, ...taken, session, streams: told, findings, findingCount };
  context.show(answer, () => verifyText(checked));
  if (taken !== undefined) context.note(`taken by ${taken.by} at ${taken.at}`);
}

const toldOf = ({ count, last, without }: TimestampReport) => ({ count, last, without });

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

async function refusingProof(work: () => Promise<ProofReport>): Promise<ProofReport> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof AppError) || error instanceof CliError) throw error;
    const message = `the proof proves nothing: ${error.message} (${error.code})`;
    throw new CliError('proof_refused', message, { cause: error });
  }
}

/** Audit without a key signs nothing of what it exports. */
const adviceOn = (code: string): { readonly advice?: string } =>
  code === 'key_chain_broken'
    ? {
        advice:
          'a session that was taken without a signing key proves nothing; its README.md says what it is',
      }
    : {};

/** Keys that cannot be believed: nothing can be checked then. */
async function refusing(work: () => Promise<RecordCheck>): Promise<RecordCheck> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof KeyChainRefused || error instanceof NoteRefused)) throw error;
    const message = `the keys of the record are not to be believed: ${error.message} (${error.code})`;
    throw new CliError('record_unproven', message, { cause: error, ...adviceOn(error.code) });
  }
}
