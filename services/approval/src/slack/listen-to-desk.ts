import { BRIDGES_VIEW, BridgesSubmission } from './bridges-view.js';
import { onPress, onSubmit, type Listening } from './listen.js';
import { EXTEND_VIEW, ExtendClick, ExtendSubmission } from './extend-view.js';
import { EXTEND_ACTION, REVOKE_ACTION } from './overview-blocks.js';
import { REVOKE_VIEW, RevokeClick, RevokeSubmission } from './revoke-view.js';
import type { SlackBridges } from './slack-bridges.js';
import { REVIEW_ACTION } from './review-action.js';
import { REVIEW_VIEW, ReviewClick, ReviewSubmission } from './review-dialog.js';
import { SlackCommands } from './slack-commands.js';
import type { SlackDesk } from './slack-desk.js';
import { HomeOpened, ThreadReply } from './slack-event.js';
import type { SlackHome } from './slack-home.js';
import type { SlackReviews } from './slack-reviews.js';
import type { SlackWorkspace } from './slack-workspace.js';
import { COMMAND, SlashCommand } from './slash-command.js';
import { targetWords } from './stop-words.js';
import type { ThreadQuestions } from './thread-questions.js';

/** What Slack offers beside the cards. */
export interface DeskParts {
  readonly desk: SlackDesk;
  readonly bridges: SlackBridges;
  readonly workspace: Pick<SlackWorkspace, 'respond'>;
  readonly home: SlackHome;
  readonly questions: ThreadQuestions;
  readonly reviews: SlackReviews;
}

/** Listens to commands, the home, what is written in threads, and the lists' buttons. */
export function listenToDesk(
  listening: Listening,
  { desk, bridges, workspace, home, questions, reviews }: DeskParts,
): void {
  const { app, answers } = listening;
  const commands = new SlackCommands({ desk, bridges, answers, workspace });
  app.command(COMMAND, async ({ body, ack }) => {
    await commands.take(SlashCommand.parse(body), (answer) =>
      ack(
        answer === undefined
          ? undefined
          : { response_type: 'ephemeral', text: answer.text, blocks: [...(answer.blocks ?? [])] },
      ),
    );
  });
  app.event('app_home_opened', async ({ body }) => {
    const opened = HomeOpened.safeParse(body);
    if (opened.success) await home.open(opened.data.event.user);
  });
  app.event('message', async ({ body }) => {
    const reply = ThreadReply.safeParse(body);
    if (!reply.success) return;
    const told = await questions.take(reply.data).catch((error: unknown) => answers.explain(error));
    await answers.tell(reply.data.event, told);
  });
  // A list is not brought up to date: what became of it says the card, the home, or the next list.
  const refresh = () => Promise.resolve();
  listenToReviews(listening, reviews);
  listenToExtensions(listening, desk);
  onPress(listening, REVOKE_ACTION, {
    read: (body) => RevokeClick.parse(body),
    idOf: ({ actions: [{ value }] }) => value,
    refresh,
    take: (click) => desk.pressRevoke(click),
  });
  onSubmit(
    listening,
    { dialog: REVOKE_VIEW },
    {
      read: (body) => RevokeSubmission.parse(body),
      idOf: ({ view }) => view.private_metadata.requestId,
      refresh,
      take: (submission, causationId) => desk.submitRevocation(submission, causationId),
    },
  );
  onSubmit(
    listening,
    { dialog: BRIDGES_VIEW },
    {
      read: (body) => BridgesSubmission.parse(body),
      idOf: ({ view }) => targetWords(view.private_metadata.target),
      refresh,
      take: (submission, causationId) => bridges.submit(submission, causationId),
    },
  );
}

/** The card is brought up to date by the event. */
function listenToReviews(listening: Listening, reviews: SlackReviews): void {
  const refresh = () => Promise.resolve();
  onPress(listening, REVIEW_ACTION, {
    read: (body) => ReviewClick.parse(body),
    idOf: ({ actions: [{ value }] }) => value,
    refresh,
    take: (click) => reviews.press(click),
  });
  onSubmit(
    listening,
    { dialog: REVIEW_VIEW },
    {
      read: (body) => ReviewSubmission.parse(body),
      idOf: ({ view }) => view.private_metadata.requestId,
      refresh,
      take: (submission, causationId) => reviews.submit(submission, causationId),
    },
  );
}

/** The button and the dialog for more time. */
function listenToExtensions(listening: Listening, desk: SlackDesk): void {
  const refresh = () => Promise.resolve();
  onPress(listening, EXTEND_ACTION, {
    read: (body) => ExtendClick.parse(body),
    idOf: ({ actions: [{ value }] }) => value,
    refresh,
    take: (click) => desk.pressExtend(click),
  });
  onSubmit(
    listening,
    { dialog: EXTEND_VIEW },
    {
      read: (body) => ExtendSubmission.parse(body),
      idOf: ({ view }) => view.private_metadata.requestId,
      refresh,
      take: (submission, causationId) => desk.submitExtension(submission, causationId),
    },
  );
}
