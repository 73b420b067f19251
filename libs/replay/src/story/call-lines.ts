import type {
  AuditCommand,
  PortFlowRecord,
  StoryCall,
  StoryChange,
  StoryChanges,
} from '@drawbridge/contracts';
import { bytesWords } from './bytes-words.js';
import { callName } from './call-name.js';

/** Of one call, in a text; JSON has more. */
const MAX_SHOWN = 40;

/** A call in lines: what it was and what became of it, then what there is to say of it. Not escaped. */
export function callLines(call: StoryCall): string[] {
  const { command } = call;
  return [
    `${callWords(call)} -> ${answerWords(command)}`,
    ...whyLines(call),
    ...holdLines(call),
    ...orderLines(call),
    ...changeLines(call),
    ...channelLines(call),
  ];
}

const callWords = ({ command, isDryRun }: StoryCall): string =>
  `${callName(command)}${isDryRun && command.resource !== '' ? ' (dry-run)' : ''}`;

const outcomes: Readonly<Record<AuditCommand['outcome'], string>> = {
  in_flight: 'no end recorded',
  completed: '',
  cut: 'cut',
  client_gone: 'the caller went away',
  upstream_failed: 'the cluster did not answer',
  refused: 'refused',
};

function answerWords(command: AuditCommand): string {
  const { statusCode, durationMs, responseBytes, exitCode, masked = 0 } = command;
  return [
    ...outcomeWords(command),
    ...given(statusCode, (status) => String(status)),
    ...given(durationMs || undefined, (ms) => `in ${milliseconds(ms)}`),
    ...given(responseBytes || undefined, bytesWords),
    ...given(exitCode, (code) => `exit code ${code}`),
    ...given(masked || undefined, (count) => `${count} value${count === 1 ? '' : 's'} masked`),
  ].join(', ');
}

const given = (value: number | undefined, words: (value: number) => string): readonly string[] =>
  value === undefined ? [] : [words(value)];

function outcomeWords({ outcome, outcomeReason, decision }: AuditCommand): readonly string[] {
  const words = outcomes[outcome];
  if (words === '') return [];
  const why = outcomeReason ?? (outcome === 'refused' ? decision?.reason : undefined);
  return [why === undefined ? words : `${words} (${why})`];
}

const milliseconds = (ms: number): string =>
  ms < 10
    ? `${ms.toFixed(1)} ms`
    : ms < 10_000
      ? `${Math.round(ms)} ms`
      : `${Math.round(ms / 1000)} s`;

function whyLines({ command, isOfGrant }: StoryCall): string[] {
  const { decision, rule, outcomeRule, matched = [], warnings = [], typed = [] } = command;
  const others = matched.filter((met) => met.rule !== rule);
  const isRefused = decision?.effect === 'deny';
  return [
    ...(isRefused ? [`refused: ${decision.message}`] : []),
    ...(isOfGrant ? [] : ['not by this grant']),
    ...(rule === undefined ? [] : [`rule ${rule}${isRefused ? ' refuses it' : ''}`]),
    ...(outcomeRule === undefined ? [] : [`cut by rule ${outcomeRule}`]),
    ...others.map((met) => `met rule ${met.rule} (${met.action})`),
    ...typed.map((met) => `typed into rule ${met.rule} (${met.action})`),
    ...warnings.map((warning) => `warned: ${warning}`),
  ];
}

const holdLines = ({ hold }: StoryCall): string[] =>
  hold === undefined
    ? []
    : hold.moments.map(({ at, by, words }) => `hold ${at.slice(11, 19)}  ${by}: ${words}`);

const orderLines = ({ orders = [] }: StoryCall): string[] =>
  orders.map(({ at, by, words }) => `session ${at.slice(11, 19)}  ${by}: ${words}`);

const unknown: Readonly<Record<NonNullable<StoryChanges['unknown']>, string>> = {
  not_recorded: 'what it changed is not recorded',
  not_whole: 'what it changed is not recorded whole',
  not_json: 'what it changed is recorded in a form that is no JSON',
  no_object: 'the answer does not show the object',
  too_large: 'the object is too large to be compared here: "audit export" has it',
};

const NOT_READ = 'what it would have changed is not recorded: nothing is read before a dry-run';

function changeLines({ changed, isDryRun }: StoryCall): string[] {
  if (changed === undefined) return [];
  if (changed.refusal !== undefined) return [`the cluster said: ${changed.refusal}`];
  const { changes } = changed;
  if (changes === undefined) return unknownLines(changed, isDryRun);
  if (changes.length === 0) return ['changed nothing'];
  const shown = changes.slice(0, MAX_SHOWN);
  const hidden = changes.length - shown.length + (changed.more ?? 0);
  return [
    ...(isDryRun ? ['would have changed:'] : []),
    ...shown.map(changeLine),
    ...(hidden === 0 ? [] : [`… and ${hidden} more`]),
  ];
}

function unknownLines({ unknown: why }: StoryChanges, isDryRun: boolean): string[] {
  if (isDryRun && why === 'not_recorded') return [NOT_READ];
  return why === undefined ? [] : [unknown[why]];
}

/** What stands in place of a secret says nothing to people; that it is another one does. */
const PLACEHOLDER = /drawbridge:masked:[^"\s]*|ZHJhd2JyaWRnZTptYXNrZWQ6[A-Za-z0-9+/]*=*/g;
const shownValue = (value: string | undefined): string | undefined =>
  value?.replace(PLACEHOLDER, '(masked)');

function changeLine(change: StoryChange): string {
  const at = change.path === '' ? '' : `${change.path}: `;
  const [before, after] = [shownValue(change.before), shownValue(change.after)];
  if (before === undefined) return `+ ${at}${after ?? ''}`;
  if (after === undefined) return `- ${at}${before}`;
  return `~ ${at}${before} -> ${after}${before === after ? ', another value' : ''}`;
}

function channelLines({ command, recording }: StoryCall): string[] {
  const argv = recording?.argv ?? commandOf(command);
  return [
    ...(argv.length === 0 ? [] : [`ran ${argv.map((word) => JSON.stringify(word)).join(' ')}`]),
    ...(command.transfers ?? []).map(
      ({ direction, path, bytes, sha256 }) =>
        `${direction} ${path}, ${bytesWords(bytes)}${hashWords(sha256)}`,
    ),
    ...archiveLines(command.archive),
    ...(command.flows ?? []).map(flowLine),
    ...(recording === undefined
      ? []
      : [
          `recorded (${recording.kind})${recording.isWhole ? '' : ', not to its end'}: drawbridge audit play ${command.id}`,
        ]),
  ];
}

const commandOf = ({ subresource, query }: AuditCommand): readonly string[] =>
  subresource === 'exec' ? new URLSearchParams(query).getAll('command') : [];

const hashWords = (sha256: string | undefined): string =>
  sha256 === undefined ? '' : `, sha256 ${sha256}`;

function archiveLines(archive: AuditCommand['archive']): string[] {
  if (archive === undefined) return [];
  const { files, more = 0, unreadFrom } = archive;
  const shown = files.slice(0, MAX_SHOWN);
  const hidden = files.length - shown.length + more;
  return [
    ...shown.map((file) => `  ${fileWords(file)}`),
    ...(hidden === 0 ? [] : [`  … and ${hidden} more files`]),
    ...(unreadFrom === undefined ? [] : [`  no tar archive from byte ${unreadFrom} on`]),
  ];
}

function fileWords({ path, kind, bytes, sha256, received }: ArchivedFile): string {
  const what = kind === 'file' ? '' : `${kind} `;
  const came = received === undefined ? '' : `, broken off at ${bytesWords(received)}`;
  return `${what}${path}, ${bytesWords(bytes)}${hashWords(sha256)}${came}`;
}

type ArchivedFile = NonNullable<AuditCommand['archive']>['files'][number];

const flowLine = ({ port, connections, sent, received }: PortFlowRecord): string =>
  `port ${port}: ${connections} connection${connections === 1 ? '' : 's'}, ${bytesWords(sent)} sent, ${bytesWords(received)} received`;
