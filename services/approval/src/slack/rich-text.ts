import type { types } from '@slack/bolt';

export type Inline = types.RichTextElement;

/** Text that Slack shows letter by letter: rich text is never read as mrkdwn. */
export const text = (value: string): Inline => ({ type: 'text', text: value });
export const bold = (value: string): Inline => ({
  type: 'text',
  text: value,
  style: { bold: true },
});

/** One of Slack's own pictures, by name. */
export const emoji = (name: string): Inline => ({ type: 'emoji', name });

/** An instant in the reader's own time zone; UTC where the client cannot. */
export const instant = (at: string): Inline => ({
  type: 'date',
  timestamp: Math.floor(Date.parse(at) / 1000),
  format: '{date_short_pretty} {time}',
  fallback: utcWords(at),
});

/** An instant for whoever cannot be shown their own time. */
export const utcWords = (at: string): string => `${at.slice(0, 16).replace('T', ' ')} UTC`;

/** One line per entry. */
export function lines(entries: readonly (readonly Inline[])[]): types.RichTextBlock {
  const elements = entries.map((entry, index): types.RichTextSection => {
    const end = index === entries.length - 1 ? [] : [text('\n')];
    return { type: 'rich_text_section', elements: [...entry, ...end] };
  });
  return { type: 'rich_text', elements };
}

export const codeBlock = (value: string): types.RichTextBlock => ({
  type: 'rich_text',
  elements: [{ type: 'rich_text_preformatted', elements: [{ type: 'text', text: value }] }],
});

/** Small and grey: for whoever looks something up. */
export const smallPrint = (value: string): types.ContextBlock => ({
  type: 'context',
  elements: [plain(value)],
});

export const plain = (value: string): types.PlainTextElement => ({
  type: 'plain_text',
  text: value,
  emoji: false,
});

/** `900` as `15 minutes`, `3661` as `1 hour 1 minute 1 second`. */
export function durationWords(seconds: number): string {
  const parts = [
    { unit: 'hour', count: Math.floor(seconds / 3600) },
    { unit: 'minute', count: Math.floor((seconds % 3600) / 60) },
    { unit: 'second', count: seconds % 60 },
  ];
  const words = parts
    .filter(({ count }) => count > 0)
    .map(({ unit, count }) => `${count} ${unit}${count === 1 ? '' : 's'}`);
  return words.join(' ') || '0 seconds';
}
