import type { types } from '@slack/bolt';
import { describeRules } from '@drawbridge/scope';
import type { RequestStory } from '../domain/request-story.js';
import { personWords, timeWords, whatWords } from './card-facts.js';
import { exactRules } from './exact-rules.js';
import { neutralText } from './neutral-text.js';
import { bold, codeBlock, lines, plain, text } from './rich-text.js';

const MAX_WORDS = 60;

/** The dialog that shows every rule, in words and exactly as it will be enforced. */
export function rulesView(story: RequestStory): types.ModalView {
  const { requester, terms } = story;
  const about = `${personWords(requester)}: ${whatWords(story)} on ${terms.connection}`;
  const words = describeRules(terms.rules).slice(0, MAX_WORDS);
  return {
    type: 'modal',
    title: plain('Exact rules'),
    close: plain('Close'),
    blocks: [
      lines([
        [bold(about)],
        [text('For '), ...timeWords(terms), text(':')],
        ...words.map((line) => [text(`• ${neutralText(line, 300)}`)]),
      ]),
      ...exactBlocks(story),
    ],
  };
}

function exactBlocks({ terms: { rules } }: RequestStory): types.KnownBlock[] {
  const exact = exactRules(rules);
  if (exact !== undefined) return exact.map((part) => codeBlock(part));
  const note = `All ${rules.length} rules are too long for Slack. To read them, use the CLI.`;
  return [lines([[bold(note)]])];
}
