import { z } from 'zod';

/**
 * The part of Block Kit that our app may use, with Slack's documented limits. What is not here is refused, so that
 * a block nobody has looked at cannot slip in.
 *
 * @see https://docs.slack.dev/reference/block-kit/blocks
 */
const letters = (max: number) => z.string().min(1).max(max);
const plain = (max: number) =>
  z.strictObject({
    type: z.literal('plain_text'),
    text: letters(max),
    emoji: z.boolean().optional(),
  });
const url = z.url().max(3000);
const actionId = letters(255);

const Option = z.strictObject({
  text: plain(75),
  value: letters(150),
  description: plain(75).optional(),
});
type Option = z.infer<typeof Option>;

const Confirm = z.strictObject({
  title: plain(100),
  text: plain(300),
  confirm: plain(30),
  deny: plain(30),
  style: z.enum(['primary', 'danger']).optional(),
});

const Button = z.strictObject({
  type: z.literal('button'),
  action_id: actionId,
  text: plain(75),
  value: letters(2000).optional(),
  url: url.optional(),
  style: z.enum(['primary', 'danger']).optional(),
  confirm: Confirm.optional(),
  accessibility_label: letters(75).optional(),
});
const Overflow = z.strictObject({
  type: z.literal('overflow'),
  action_id: actionId,
  options: z.array(Option).min(1).max(5),
  confirm: Confirm.optional(),
});
const TextInput = z.strictObject({
  type: z.literal('plain_text_input'),
  action_id: actionId,
  multiline: z.boolean().optional(),
  min_length: z.int().min(0).max(3000).optional(),
  max_length: z.int().min(1).max(3000).optional(),
  initial_value: z.string().max(3000).optional(),
  placeholder: plain(150).optional(),
});
const Radio = z
  .strictObject({
    type: z.literal('radio_buttons'),
    action_id: actionId,
    options: z.array(Option).min(1).max(10),
    initial_option: Option.optional(),
  })
  .refine(({ options, initial_option: initial }) => isOneOf(options, initial), {
    message: 'initial_option is none of the options',
  });
const Checkboxes = z
  .strictObject({
    type: z.literal('checkboxes'),
    action_id: actionId,
    options: z.array(Option).min(1).max(10),
    initial_options: z.array(Option).min(1).optional(),
  })
  .refine(
    ({ options, initial_options: initial = [] }) => initial.every((one) => isOneOf(options, one)),
    { message: 'initial_options are none of the options' },
  );

const style = z
  .strictObject({ bold: z.boolean(), italic: z.boolean(), strike: z.boolean(), code: z.boolean() })
  .partial();
const Inline = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('text'), text: letters(10_000), style: style.optional() }),
  z.strictObject({
    type: z.literal('link'),
    url,
    text: letters(3000).optional(),
    style: style.optional(),
  }),
  z.strictObject({ type: z.literal('user'), user_id: letters(64) }),
  z.strictObject({ type: z.literal('emoji'), name: letters(64) }),
  z.strictObject({
    type: z.literal('date'),
    timestamp: z.int(),
    format: letters(100),
    fallback: letters(100),
  }),
]);
const RichSection = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('rich_text_section'), elements: z.array(Inline) }),
  z.strictObject({ type: z.literal('rich_text_quote'), elements: z.array(Inline).min(1) }),
  z.strictObject({
    type: z.literal('rich_text_preformatted'),
    elements: z.array(Inline).min(1),
    border: z.int().optional(),
  }),
]);

const blockId = letters(255).optional();

/** Every block our app may send. */
export const Block = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('header'), block_id: blockId, text: plain(150) }),
  z.strictObject({ type: z.literal('divider'), block_id: blockId }),
  z.strictObject({
    type: z.literal('section'),
    block_id: blockId,
    text: plain(3000),
    accessory: z.discriminatedUnion('type', [Button, Overflow]).optional(),
  }),
  z.strictObject({
    type: z.literal('context'),
    block_id: blockId,
    elements: z.array(plain(2000)).min(1).max(10),
  }),
  z.strictObject({
    type: z.literal('rich_text'),
    block_id: blockId,
    elements: z.array(RichSection).min(1),
  }),
  z.strictObject({
    type: z.literal('actions'),
    block_id: blockId,
    elements: z
      .array(z.discriminatedUnion('type', [Button, Overflow]))
      .min(1)
      .max(25),
  }),
  z.strictObject({
    type: z.literal('input'),
    block_id: blockId,
    label: plain(2000),
    hint: plain(2000).optional(),
    optional: z.boolean().optional(),
    element: z.union([TextInput, Radio, Checkboxes]),
  }),
]);
export type Block = z.infer<typeof Block>;

/** A dialog or an app home. */
export const View = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('modal'),
    callback_id: letters(255).optional(),
    private_metadata: z.string().max(3000).optional(),
    title: plain(24),
    submit: plain(24).optional(),
    close: plain(24).optional(),
    blocks: z.array(Block).min(1).max(100),
  }),
  z.strictObject({
    type: z.literal('home'),
    callback_id: letters(255).optional(),
    private_metadata: z.string().max(3000).optional(),
    blocks: z.array(Block).max(100),
  }),
]);

/** The blocks of a message. */
export const MessageBlocks = z.array(Block).max(50);

const isOneOf = (options: readonly Option[], one: Option | undefined): boolean =>
  one === undefined || options.some((option) => JSON.stringify(option) === JSON.stringify(one));
