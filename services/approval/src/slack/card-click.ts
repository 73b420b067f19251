import { HoldId } from '@drawbridge/contracts';
import { z } from 'zod';
import {
  APPROVE_ACTION,
  ASK_ACTION,
  DENY_ACTION,
  MORE_ACTION,
  MORE_RULES,
  MORE_TAKE_BACK,
  NARROW_ACTION,
  RULES_ACTION,
} from './card-buttons.js';
import { CardValue } from './card-value.js';
import { APPROVE_HOLD_ACTION, DENY_HOLD_ACTION } from './hold-card.js';
import { Envelope, pressed } from './interaction.js';

const button = z.looseObject({
  action_id: z.enum([APPROVE_ACTION, DENY_ACTION, NARROW_ACTION, ASK_ACTION, RULES_ACTION]),
  value: CardValue,
});

/** `<entry>:<card value>` */
const MenuValue = z
  .string()
  .max(250)
  .regex(/^[a-z_]+:/)
  .transform((value) => {
    const end = value.indexOf(':');
    return { entry: value.slice(0, end), value: value.slice(end + 1) };
  })
  .pipe(z.object({ entry: z.enum([MORE_RULES, MORE_TAKE_BACK]), value: CardValue }));

const menu = z
  .looseObject({
    action_id: z.literal(MORE_ACTION),
    selected_option: z.looseObject({ value: MenuValue }),
  })
  .transform(({ action_id, selected_option: { value } }) => ({ action_id, ...value }));

/** A press on a button, or the choice of an entry of the menu, of the card of an access request. */
export const CardClick = Envelope.extend({
  ...pressed,
  actions: z.tuple([z.union([button, menu])]),
});
export type CardClick = z.infer<typeof CardClick>;

/** A press on a button of the card of a held call. */
export const HoldClick = Envelope.extend({
  ...pressed,
  actions: z.tuple([
    z.looseObject({ action_id: z.enum([APPROVE_HOLD_ACTION, DENY_HOLD_ACTION]), value: HoldId }),
  ]),
});
export type HoldClick = z.infer<typeof HoldClick>;
