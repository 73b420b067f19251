import type { SlackBlock, SlackView } from '@drawbridge/embedded';
import type { z } from 'zod';

type Block = z.infer<typeof SlackBlock>;
type View = z.infer<typeof SlackView>;
type Of<Type extends Block['type']> = Extract<Block, { type: Type }>;
type Element = Of<'actions'>['elements'][number];
type Inline = Of<'rich_text'>['elements'][number]['elements'][number];

/** Blocks as a client of Slack shows them, as far as it matters for how they read; nothing in them becomes markup. */
export const blocksHtml = (blocks: readonly Block[]): string => blocks.map(blockHtml).join('\n');

/** A dialog or an app home. */
export function viewHtml(view: View): string {
  if (view.type === 'home') return `<div class="home">${blocksHtml(view.blocks)}</div>`;
  const button = (words: { text: string } | undefined, kind: string) =>
    words === undefined ? '' : `<span class="button ${kind}">${escape(words.text)}</span>`;
  return `<div class="modal">
    <div class="title">${escape(view.title.text)}</div>
    <div class="body">${blocksHtml(view.blocks)}</div>
    <div class="foot">${button(view.close, '')}${button(view.submit, 'primary')}</div>
  </div>`;
}

function blockHtml(block: Block): string {
  switch (block.type) {
    case 'header':
      return `<h2>${escape(block.text.text)}</h2>`;
    case 'divider':
      return '<hr>';
    case 'section':
      return `<div class="section"><div>${escape(block.text.text)}</div>${
        block.accessory === undefined ? '' : elementHtml(block.accessory)
      }</div>`;
    case 'context':
      return `<div class="context">${block.elements.map(({ text }) => escape(text)).join(' ')}</div>`;
    case 'rich_text':
      return `<div class="rich">${block.elements.map(richHtml).join('')}</div>`;
    case 'actions':
      return `<div class="actions">${block.elements.map(elementHtml).join('')}</div>`;
    case 'input':
      return inputHtml(block);
  }
}

function richHtml({ type, elements }: Of<'rich_text'>['elements'][number]): string {
  const inner = elements.map(inlineHtml).join('');
  if (type === 'rich_text_preformatted') return `<pre>${inner}</pre>`;
  return type === 'rich_text_quote' ? `<blockquote>${inner}</blockquote>` : `<span>${inner}</span>`;
}

/** Emoji are drawn by the style sheet: not every machine has a font for them. */
function inlineHtml(inline: Inline): string {
  switch (inline.type) {
    case 'text':
      return styled(escape(inline.text), inline.style);
    case 'link':
      return `<a>${escape(inline.text ?? inline.url)}</a>`;
    case 'user':
      return `<a class="user">@${escape(inline.user_id)}</a>`;
    case 'emoji':
      return `<i class="emoji ${escape(inline.name)}"></i>`;
    case 'date':
      return escape(inline.fallback);
  }
}

type Style = Extract<Inline, { type: 'text' }>['style'];

function styled(html: string, style: Style): string {
  const bold = style?.bold === true ? `<b>${html}</b>` : html;
  return style?.code === true ? `<code>${bold}</code>` : bold;
}

function elementHtml(element: Element): string {
  if (element.type === 'overflow') return '<span class="button more">•••</span>';
  return `<span class="button ${element.style ?? ''}">${escape(element.text.text)}</span>`;
}

function inputHtml({ label, optional, element, hint }: Of<'input'>): string {
  const note = optional === true ? ' <small>(optional)</small>' : '';
  const under = hint === undefined ? '' : `<small>${escape(hint.text)}</small>`;
  return `<div class="input"><b>${escape(label.text)}</b>${note}${fieldHtml(element)}${under}</div>`;
}

function fieldHtml(element: Of<'input'>['element']): string {
  if (element.type === 'plain_text_input') {
    const words = element.initial_value ?? element.placeholder?.text ?? '';
    return `<div class="text">${escape(words)}&nbsp;</div>`;
  }
  const chosen =
    element.type === 'checkboxes'
      ? (element.initial_options ?? [])
      : [element.initial_option].filter((option) => option !== undefined);
  return element.options
    .map(({ text, value, description }) => {
      const isChosen = chosen.some((option) => option.value === value);
      const more = description === undefined ? '' : `<small>${escape(description.text)}</small>`;
      const box = `<i class="${element.type}${isChosen ? ' on' : ''}"></i>`;
      return `<div class="option">${box}<span>${escape(text.text)}${more}</span></div>`;
    })
    .join('');
}

function escape(text: string): string {
  const html = text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
  return html.replaceAll('\n', '<br>');
}
