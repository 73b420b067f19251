import type { Masker } from '@drawbridge/masking';

/** How what a caller has written is put into a record: never with what masking takes out of answers. */
export interface RecordWords {
  /** Path and query. */
  target(target: string): string;
  /** Any other text. */
  text(text: string): string;
}

/** Parameters whose values look like secrets and are none. */
const harmless = new Set(['continue', 'resourceVersion', 'resourceVersionMatch']);
const COMMAND = 'command';
const head = { contentType: 'application/json', contentEncoding: '', isStream: false };
const anything = { apiGroup: '', resource: '', subresource: '' };

/** The words for calls on a connection, if any; the same ones for as long as they are masked alike. */
export type WordsOfConnection = (connection: string | undefined) => RecordWords;

/** @param masker - asked anew each time, since keys and patterns may change */
export function recordWords(masker: (connection: string | undefined) => Masker): WordsOfConnection {
  return (connection) => wordsOf(masker(connection));
}

const known = new WeakMap<Masker, RecordWords>();

function wordsOf(masker: Masker): RecordWords {
  const words = known.get(masker) ?? {
    target: (target) => maskedTarget(target, masker),
    text: (text) => masker.line(text),
  };
  known.set(masker, words);
  return words;
}

function maskedTarget(target: string, masker: Masker): string {
  const mark = target.indexOf('?');
  if (mark === -1) return masker.line(target);
  const pairs = target.slice(mark + 1).split('&');
  const commands = pairs.filter(isCommand).map((pair) => decoded(pair.slice(COMMAND.length + 1)));
  const masked = maskedArguments(commands, masker);
  let next = 0;
  const query = pairs.map((pair) => {
    if (!isCommand(pair)) return maskedPair(pair, masker);
    const [before, after = ''] = [commands[next], masked[next]];
    next += 1;
    return before === after ? pair : `${COMMAND}=${encodeURIComponent(after)}`;
  });
  return `${masker.line(target.slice(0, mark))}?${query.join('&')}`;
}

const isCommand = (pair: string): boolean => pair.startsWith(`${COMMAND}=`);

/** As the arguments of a container are masked: a flag says what comes behind it. */
function maskedArguments(words: readonly string[], masker: Masker): readonly string[] {
  if (words.length === 0) return words;
  const mask = masker.body(anything, head);
  const body = Buffer.from(JSON.stringify({ command: words }));
  const text = Buffer.concat([...mask.push(body), ...mask.end()]).toString();
  const { command } = JSON.parse(text) as { readonly command: readonly string[] };
  return command.map((word) => masker.line(word));
}

function maskedPair(pair: string, masker: Masker): string {
  const equals = pair.indexOf('=');
  const key = equals === -1 ? pair : pair.slice(0, equals);
  if (harmless.has(key)) return pair;
  const plain = decoded(pair);
  const masked = masker.line(plain);
  if (masked === plain) return pair;
  const kept = masked.startsWith(`${key}=`) ? equals + 1 : 0;
  return pair.slice(0, kept) + encodeURIComponent(masked.slice(kept));
}

/** As it stands there when it cannot be read: then the cluster cannot read it either. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return text;
  }
}
