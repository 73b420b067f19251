/** An escape sequence that never ends is none. */
const MAX_BEGUN = 4_096;

/** ECMA-48: strings up to their terminator, control sequences, other escapes; then single control characters. */
const STRING = String.raw`(?:\u001b[\]PX^_]|[\u009d\u0090\u0098\u009e\u009f])[^\u0007\u001b\u009c]*(?:\u0007|\u001b\\|\u009c)`;
const SEQUENCE = String.raw`(?:\u001b\[|\u009b)(?<parameters>[0-?]*)(?<between>[ -/]*)(?<final>[@-~])`;
const ESCAPE = String.raw`\u001b(?<escape>[ -/]*[0-~])`;
const pieces = new RegExp(`${STRING}|${SEQUENCE}|${ESCAPE}|\\p{Cc}`, 'gu');
/** The beginning of what may become one of them. */
const begun = new RegExp(
  String.raw`(?:\u001b(?:[\]PX^_][^\u0007\u001b\u009c]*\u001b?|\[[0-?]*[ -/]*|[ -/]*)|[\u009d\u0090\u0098\u009e\u009f][^\u0007\u001b\u009c]*\u001b?|\u009b[0-?]*[ -/]*)$`,
  'u',
);

/** What moves the cursor, erases and colours. */
const harmlessFinals = new Set('ABCDEFGHIJKLMPSTXZ`abdefghlmrsu@');
const harmlessEscapes = new Set(['7', '8', 'D', 'E', 'H', 'M', 'c', '=', '>']);
/** Line drawing. */
const isCharacterSet = (escape: string): boolean => /^[()*+][A-Z0-9]$/.test(escape);
/** Modes in which a terminal sends by itself: mouse, focus, pasted text. */
const sending = /^\?(?:.*;)?(?:9|10[01]\d|2004)(?:;|$)/;
const harmlessControls = new Set(['\b', '\t', '\n', '\v', '\f', '\r', '\u000e', '\u000f']);

/**
 * What of a recording may go to somebody's own terminal: what draws. Not what sets the clipboard or the title, prints,
 * or makes the terminal answer, since the answer would be typed into the shell of whoever watches.
 */
export class TerminalFilter {
  #begun = '';

  push(text: string): string {
    const all = this.#begun + text;
    const at = begun.exec(all)?.index ?? all.length;
    this.#begun = all.length - at > MAX_BEGUN ? '' : all.slice(at);
    return all.slice(0, at).replace(pieces, (piece, ...groups) => {
      const named: unknown = groups.at(-1);
      return isHarmless(piece, named as Groups) ? piece : '';
    });
  }
}

interface Groups {
  readonly parameters?: string;
  readonly between?: string;
  readonly final?: string;
  readonly escape?: string;
}

function isHarmless(piece: string, { parameters = '', between, final, escape }: Groups): boolean {
  if (final !== undefined) {
    if (between !== '' || !harmlessFinals.has(final) || /[<=>]/.test(parameters)) return false;
    return !((final === 'h' || final === 'l') && sending.test(parameters));
  }
  if (escape !== undefined) return harmlessEscapes.has(escape) || isCharacterSet(escape);
  return harmlessControls.has(piece);
}
