import type { App } from '@slack/bolt';
import { REASON_BLOCK } from './deny-view.js';
import { channelOf, type Envelope } from './interaction.js';
import type { SlackAnswers } from './slack-answers.js';
import type { Told } from './slack-decisions.js';

/** Where listeners are put, and what answers who caused an interaction. */
export interface Listening {
  readonly app: App;
  readonly answers: SlackAnswers;
}

/** How one kind of interaction is read and taken; what comes was judged by the guard before. */
export interface Taking<Taken extends Envelope> {
  readonly read: (body: unknown) => Taken;
  /** What it is about. */
  readonly idOf: (taken: Taken) => string;
  /** Brings the card up to date on which somebody pressed something that should be gone. */
  readonly refresh: (id: string) => Promise<unknown>;
  /** @throws what they are told */
  readonly take: (taken: Taken, causationId: string) => Promise<Told>;
}

/** Listens to presses on one button, or choices in one menu. */
export function onPress<Taken extends Envelope>(
  { app, answers }: Listening,
  action: string,
  { read, idOf, refresh, take }: Taking<Taken>,
): void {
  app.action(action, async ({ body, ack }) => {
    const taken = read(body);
    const decide = (causationId: string) => take(taken, causationId);
    await answers.toClick({ ...whoOf(taken), id: idOf(taken), refresh, decide }, ack);
  });
}

/** Listens to one dialog. What went wrong is shown below its first field. */
export function onSubmit<Taken extends Envelope>(
  { app, answers }: Listening,
  { dialog, field = () => REASON_BLOCK }: Dialog<Taken>,
  { read, idOf, refresh, take }: Taking<Taken>,
): void {
  app.view({ callback_id: dialog, type: 'view_submission' }, async ({ body, ack }) => {
    const taken = read(body);
    const decide = (causationId: string) => take(taken, causationId);
    const asked = { ...whoOf(taken), id: idOf(taken), refresh, decide };
    await answers.toSubmission(asked, (told) => ack(dialogAnswer(told, field(taken))));
  });
}

/** Whoever acted, where, and by which trigger. */
const whoOf = (taken: Envelope) => ({
  user: taken.user.id,
  channel: channelOf(taken),
  trigger: taken.trigger_id,
});

interface Dialog<Taken> {
  readonly dialog: string;
  /** @default that of a reason */
  readonly field?: (taken: Taken) => string;
}

/** Nothing closes the dialog; a text is shown below the field. */
const dialogAnswer = (told: Told, field: string) =>
  told === undefined
    ? undefined
    : ({ response_action: 'errors', errors: { [field]: told } } as const);
