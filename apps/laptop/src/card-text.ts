/**
 * What a Slack message says, as lines of text: for a terminal that cannot show Block Kit. Every text leaf of
 * the blocks appears, in order; buttons as `[label]`.
 */
export function cardText(blocks: readonly unknown[]): string {
  return blocks
    .flatMap((block) => blockText(block).split('\n'))
    .filter((line) => line.trim() !== '')
    .join('\n');
}

const LINE_KINDS = new Set(['rich_text_section', 'rich_text_preformatted', 'rich_text_quote']);

function blockText(block: unknown): string {
  if (!isNode(block)) return '';
  if (block['type'] === 'actions') return children(block, 'elements').map(button).join(' ');
  return lines(block).join('\n');
}

function button(element: unknown): string {
  return isNode(element) ? `[${leafText(element['text'])}]` : '';
}

function lines(node: Node): string[] {
  const nested = [...children(node, 'elements'), ...children(node, 'fields')].filter(isNode);
  if (LINE_KINDS.has(String(node['type']))) return [nested.map(inlineText).join('')];
  const own = leafText(node['text']);
  return [...(own === '' ? [] : [own]), ...nested.flatMap(lines)];
}

/** A `date` has no text of its own: Slack shows the reader's local time, others the fallback. */
const inlineText = (node: Node): string => leafText(node['text'] ?? node['fallback']);

function leafText(value: unknown): string {
  if (typeof value === 'string') return value;
  return isNode(value) ? leafText(value['text']) : '';
}

type Node = Readonly<Record<string, unknown>>;

const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null;

function children(node: Node, key: string): readonly unknown[] {
  const value = node[key];
  return Array.isArray(value) ? (value as readonly unknown[]) : [];
}
