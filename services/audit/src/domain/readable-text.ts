import type { SessionFrame, SessionFrameCode } from '@drawbridge/contracts';

const OUTPUT: readonly SessionFrameCode[] = ['o', 'e', 'o64', 'e64'];
const INPUT: readonly SessionFrameCode[] = ['i', 'i64'];

/**
 * What a person would have read of a piece of a session, and behind it what was typed: words to be searched, without
 * what makes colours, moves the cursor or turns the direction of text.
 */
export function readableText(frames: readonly SessionFrame[]): string {
  const [output, input] = [OUTPUT, INPUT].map((codes) => plainOf(dataOf(frames, codes)));
  return input === '' ? `${output}` : `${output}\n${input}`;
}

const dataOf = (frames: readonly SessionFrame[], codes: readonly SessionFrameCode[]): string =>
  frames
    .filter(([, code]) => codes.includes(code))
    .map(([, code, data]) =>
      code.endsWith('64') ? Buffer.from(data, 'base64').toString('utf8') : data,
    )
    .join('');

/** ECMA-48: strings up to their terminator, then control sequences, then the other escapes; and one that is cut off. */
const ESCAPES = [
  // eslint-disable-next-line no-control-regex
  /\u001b[\]PX^_][^\u0007\u001b\u009c]*(?:\u0007|\u001b\\|\u009c|$)/g,
  // eslint-disable-next-line no-control-regex
  /(?:\u001b\[|\u009b)[0-?]*[ -/]*(?:[@-~]|$)/g,
  // eslint-disable-next-line no-control-regex
  /\u001b[ -/]*(?:[0-~]|$)/g,
];

function plainOf(data: string): string {
  const text = ESCAPES.reduce((left, escape) => left.replace(escape, ''), data);
  return erased(text).replace(/[^\P{Cc}\n\t]|\p{Bidi_Control}/gu, '');
}

/** As after the backspaces. */
function erased(text: string): string {
  if (!text.includes('\b')) return text;
  const kept: string[] = [];
  for (const character of text) {
    if (character === '\b') kept.pop();
    else kept.push(character);
  }
  return kept.join('');
}
