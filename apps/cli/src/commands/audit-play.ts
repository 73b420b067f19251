import { setTimeout as wait } from 'node:timers/promises';
import {
  RecordingPage,
  RecordingView,
  type RecordingPiece,
  type SessionFrame,
} from '@drawbridge/contracts';
import { CastWriter } from '@drawbridge/replay';
import { Option, type Command } from 'commander';
import { CliError } from '../cli-error.js';
import { exitCode, type ExitCode } from '../exit-code.js';
import { neutralJson } from '../output/neutralise.js';
import { FramePlayer, type PlayOptions, type PlayStep } from '../play/play-frames.js';
import type { Terminal } from '../terminal.js';
import {
  action,
  examples,
  sharedOptions,
  type CommandContext,
  type Registrar,
  type SharedOptions,
} from './command-context.js';

const POLL_MS = 500;
/** Colours, cursor, the other screen: whatever a recording has left. */
const RESTORED = '\u001b[0m\u001b[?25h\u001b[?1049l\u001b(B\r\n';

interface PlayArguments extends SharedOptions {
  readonly speed: string;
  readonly idleLimit: string;
  readonly follow?: true;
  readonly raw?: true;
  readonly castVersion: '2' | '3';
}

/** `drawbridge audit play` */
export function registerPlay(registrar: Registrar, group: Command): void {
  const play = group
    .command('play')
    .summary('play what was recorded of a session, a log or a watch')
    .description(
      'Plays a recording into this terminal, as its client saw it. What would set the clipboard or the title, or make the terminal answer, is left out; without a terminal escapes are shown as text.',
    )
    .argument('<command>', 'id of the command')
    .option('--speed <factor>', 'so many times as fast as it was', '1')
    .option('--idle-limit <seconds>', 'the longest silence', '2')
    .option('--follow', 'show at once what there is, and then what comes while it runs')
    .option('--raw', 'every byte as it was, whatever it does to the terminal')
    .addOption(
      new Option('--cast-version <number>', 'of asciicast, with -o cast')
        .choices(['2', '3'])
        .default('2'),
    )
    .addHelpText(
      'after',
      examples([
        'drawbridge audit play <command> --speed 4',
        'drawbridge audit play <command> --follow',
        'drawbridge audit play <command> -o cast > session.cast',
      ]),
    );
  sharedOptions(play, ['cast']).action(
    action(registrar, (context, command) =>
      playRecording(
        { context, terminal: registrar.terminal, id: command.args[0] ?? '' },
        command.opts<PlayArguments>(),
      ),
    ),
  );
}

interface Played {
  readonly context: CommandContext;
  readonly terminal: Terminal;
  readonly id: string;
}

async function playRecording(played: Played, given: PlayArguments): Promise<ExitCode> {
  const options = optionsOf(given, played.terminal.isTerminal === true);
  const recording = await recordingOf(played);
  if (given.output === 'cast') await printCast(played, recording, given.castVersion);
  else await showFrames(played, options, given.follow === true);
  const isNew = given.follow === true && !played.terminal.interrupted.aborted;
  // What was followed has gone on since it was asked for.
  tellWhatIsMissing(played.context, isNew ? await recordingOf(played) : recording);
  return exitCode.ok;
}

async function recordingOf({ context, id }: Played): Promise<RecordingView> {
  const api = await context.part('audit');
  const path = `/v1/audit/recordings/${encodeURIComponent(id)}`;
  return api.call({ path, answer: RecordingView });
}

async function showFrames(played: Played, options: PlayOptions, follow: boolean): Promise<void> {
  const player = new FramePlayer(options);
  try {
    for await (const frame of framesOf(played, follow)) {
      const step = player.step(frame);
      if (step !== undefined) await show(played, follow ? { ...step, waitMs: 0 } : step);
    }
  } finally {
    if (options.into === 'terminal') played.terminal.out(RESTORED);
  }
}

async function show(
  { context, terminal }: Played,
  { waitMs, text, note }: PlayStep,
): Promise<void> {
  await pause(terminal, waitMs);
  if (text !== '') terminal.out(text);
  if (note !== undefined) context.note(note);
}

/** A file that asciinema plays. */
async function printCast(
  played: Played,
  { header, startedAt, connection }: RecordingView,
  castVersion: PlayArguments['castVersion'],
): Promise<void> {
  const version = castVersion === '3' ? 3 : 2;
  const cast = new CastWriter({ header, startedAt, version, title: connection });
  const print = (line: string) => {
    if (line !== '') played.terminal.out(`${neutralJson(JSON.parse(line))}\n`);
  };
  let isFirst = true;
  for await (const { frames } of piecesOf(played, false)) {
    if (isFirst) print(cast.head(frames));
    isFirst = false;
    for (const frame of frames) print(cast.event(frame));
  }
}

function tellWhatIsMissing(context: CommandContext, { ended, missing, cut }: RecordingView): void {
  if (!ended) context.note('the recording has no end: the session runs, or its gateway was killed');
  if (missing.length > 0) context.note(`missing pieces: ${missing.join(', ')}`);
  if (cut !== undefined) context.note(`not all of it was kept: ${cut}`);
}

async function* framesOf(played: Played, follow: boolean): AsyncGenerator<SessionFrame, void> {
  for await (const { frames } of piecesOf(played, follow)) yield* frames;
}

async function* piecesOf(
  { context, terminal, id }: Played,
  follow: boolean,
): AsyncGenerator<RecordingPiece, void> {
  for (let from: number | undefined = 0; from !== undefined;) {
    // A token may end while a session is followed.
    const api = await context.part('audit');
    const page: RecordingPage = await api.call({
      path: `/v1/audit/recordings/${encodeURIComponent(id)}/pieces`,
      query: { from: String(from) },
      answer: RecordingPage,
    });
    yield* page.pieces;
    const isEmpty = page.pieces.length === 0;
    if (isEmpty && !follow) return;
    if (isEmpty) await pause(terminal, POLL_MS);
    from = page.next;
  }
}

async function pause({ interrupted }: Terminal, ms: number): Promise<void> {
  if (interrupted.aborted) throw new CliError('interrupted', 'interrupted');
  if (ms === 0) return;
  await wait(ms, undefined, { signal: interrupted }).catch(() => {
    throw new CliError('interrupted', 'interrupted');
  });
}

function optionsOf({ speed, idleLimit, raw }: PlayArguments, isTerminal: boolean): PlayOptions {
  const into = raw === true ? 'raw' : isTerminal ? 'terminal' : 'text';
  return {
    speed: numberOf('--speed', speed),
    idleLimit: numberOf('--idle-limit', idleLimit),
    into,
  };
}

function numberOf(option: string, text: string): number {
  const number = /^\d{1,5}(?:\.\d{1,3})?$/.test(text) ? Number(text) : 0;
  if (number > 0) return number;
  throw new CliError('usage_invalid', `${option}: expected a number above 0, not "${text}"`);
}
