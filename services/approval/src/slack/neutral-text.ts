const HIDDEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Co}]/gu;
/** More marks on one letter than any writing system uses paint over the lines around it. */
const STACKED_MARKS = /(\p{M}{4})\p{M}+/gu;

/**
 * Text of others, safe to show to an approver: what is invisible or steers the direction of writing is
 * spelled out (`‹U+202E›`), an address is no link (`https[:]//…`), and it ends after `maxLength` characters
 * with `…`. It stays plain text: never pass it to a field that Slack reads as mrkdwn.
 */
export function neutralText(text: string, maxLength: number): string {
  const shown = text
    .replaceAll(/\s*[\r\n\t]+\s*/gu, ' ')
    .replaceAll(HIDDEN, spellOut)
    .replaceAll(STACKED_MARKS, '$1')
    .replaceAll('://', '[:]//');
  const characters = Array.from(shown);
  return characters.length > maxLength ? `${characters.slice(0, maxLength - 1).join('')}…` : shown;
}

/**
 * The same for the one field that Slack always reads as mrkdwn: the text of a notification. Mentions, links
 * and formatting lose their meaning.
 */
export function neutralMrkdwn(text: string, maxLength: number): string {
  return neutralText(text, maxLength)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll(/(?<!\w)@/g, '＠')
    .replaceAll(/[*_~`]/g, "'");
}

const spellOut = (character: string): string =>
  `‹U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}›`;
