import { z } from 'zod';
import type { DemoSlackView } from './slack-payloads.js';

/** What somebody enters in a dialog, by block id and action id: a text, the option chosen, or those checked. */
export type Entered = Readonly<
  Record<string, Readonly<Record<string, string | readonly string[]>>>
>;

const Option = z.looseObject({ value: z.string() });
const Input = z.looseObject({
  type: z.literal('input'),
  block_id: z.string(),
  element: z.looseObject({
    type: z.string(),
    action_id: z.string(),
    initial_value: z.string().optional(),
    options: z.array(Option).default([]),
    initial_option: Option.optional(),
    initial_options: z.array(Option).optional(),
  }),
});
type Element = z.infer<typeof Input>['element'];

/** The state of a dialog as Slack submits it: what was entered, and what was left as it was. */
export function stateOf({ blocks }: DemoSlackView, entered: Entered): Record<string, unknown> {
  const inputs = blocks.flatMap((block) => {
    const { data } = Input.safeParse(block);
    return data === undefined ? [] : [data];
  });
  const values = inputs.map(({ block_id: id, element }) => [
    id,
    { [element.action_id]: valueOf(element, entered[id]?.[element.action_id]) },
  ]);
  return { values: Object.fromEntries(values) as Record<string, unknown> };
}

function valueOf(element: Element, given: string | readonly string[] | undefined) {
  const { type, options } = element;
  if (type === 'radio_buttons') {
    const chosen = options.find(({ value }) => value === given) ?? element.initial_option;
    return { type, selected_option: chosen ?? null };
  }
  if (type === 'checkboxes') {
    const checked = options.filter(({ value }) => given?.includes(value) === true);
    const selected = given === undefined ? (element.initial_options ?? []) : checked;
    return { type, selected_options: selected };
  }
  return { type, value: given ?? element.initial_value ?? null };
}
