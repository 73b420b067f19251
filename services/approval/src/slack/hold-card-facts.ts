import { callWords } from '@drawbridge/holds';
import type { HoldStory } from '../domain/hold-story.js';
import { requesterWords } from './card-facts.js';
import { neutralText } from './neutral-text.js';
import { bold, text, type Inline } from './rich-text.js';

const LINE_LENGTH = 300;
const REASON_LENGTH = 1000;
const FACT_LENGTH = 200;
const MAX_FACTS = 8;
const MAX_WARNINGS = 4;
/** Slack refuses a message with more than about 13 000 characters of blocks. */
const MAX_EXACT_LENGTH = 4500;

/** Who, what, where and why: what an approver needs to judge one call, most important first. */
export function holdFactLines({ held }: HoldStory): Inline[][] {
  const { agent, call, environment, reason, suggestion, effect } = held;
  return [
    [bold('Who: '), text(requesterWords(agent))],
    [bold('What: '), text(neutralText(callWords(call), LINE_LENGTH))],
    [bold('Where: '), text(neutralText(`${call.connection} (${environment})`, LINE_LENGTH))],
    [bold('Held because: '), text(neutralText(reason, LINE_LENGTH))],
    ...(suggestion === undefined
      ? []
      : [[bold('Instead: '), text(neutralText(suggestion, LINE_LENGTH))]]),
    [bold('Why the agent is here: '), text(purposeWords(held))],
    ...factList('Touches: ', effect.touches, MAX_FACTS),
    ...factList('The cluster warns: ', effect.warnings, MAX_WARNINGS),
    ...factList('Before that: ', effect.soFar, MAX_FACTS),
    ...(effect.noDiff === undefined
      ? []
      : [[bold('No dry-run: '), text(neutralText(effect.noDiff, LINE_LENGTH))]]),
  ];
}

/**
 * The call as it will be sent, and what a dry-run says it changes.
 *
 * @returns `undefined` when it is more than a card can show whole
 */
export function exactCall({ held }: HoldStory): string | undefined {
  const { call, effect } = held;
  const { touches, warnings } = effect;
  const isEachShown = [...touches, ...warnings].every((fact) => isShownWhole(fact));
  if (touches.length > MAX_FACTS || warnings.length > MAX_WARNINGS || !isEachShown)
    return undefined;
  const query = call.query === '' ? '' : `?${call.query}`;
  const target = [`${call.method} ${call.path}${query}`];
  const body = call.bodySha256 === '' ? [] : [`${call.contentType}, digest ${call.bodySha256}`];
  const shown = [...target, ...body, ...(effect.diff ?? [])].map(neutralLine).join('\n');
  return shown.length > MAX_EXACT_LENGTH ? undefined : shown;
}

/** One line stays one line, however long, and keeps its sign. */
const neutralLine = (line: string): string => neutralText(line, Infinity);

const isShownWhole = (fact: string): boolean => neutralLine(fact).length <= FACT_LENGTH;

function factList(title: string, facts: readonly string[], most: number): Inline[][] {
  const more = facts.length - most;
  return [
    ...facts
      .slice(0, most)
      .map((fact, index) => [
        bold(index === 0 ? title : '   and '),
        text(neutralText(fact, FACT_LENGTH)),
      ]),
    ...(more > 0 ? [[bold(`   and ${more} more`)]] : []),
  ];
}

function purposeWords({ purpose: { reason, ticket } }: HoldStory['held']): string {
  const words = neutralText(reason, REASON_LENGTH);
  return ticket === undefined ? words : `${words} · ticket ${neutralText(ticket, 120)}`;
}
