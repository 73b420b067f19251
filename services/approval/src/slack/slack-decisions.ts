import { RequestId } from '@drawbridge/contracts';
import { ApprovalRefused, refusedApprover } from '../domain/approval-refused.js';
import { chosenNarrowing } from '../domain/narrowing-choice.js';
import type { RequestStory } from '../domain/request-story.js';
import type { AccessApprovals, Decision } from '../nats/access-approvals.js';
import type { CardBoard } from './card-board.js';
import { isNarrowable } from './card-buttons.js';
import type { CardClick } from './card-click.js';
import type { CardPlace } from './card-memory.js';
import { placeOf, requireSamePlace } from './card-place.js';
import { askView, denyAccessView } from './deny-view.js';
import { reasonOf, type AskSubmission, type DenySubmission } from './denial-submission.js';
import { isShownWhole } from './exact-rules.js';
import type { Envelope } from './interaction.js';
import { narrowView } from './narrow-view.js';
import type { NarrowSubmission } from './narrow-submission.js';
import { openDialog } from './open-dialog.js';
import { questionIdOf } from './question-id.js';
import { rulesView } from './rules-view.js';
import { slackHuman, type KnownPeople } from './slack-human.js';
import { SlackRefused } from './slack-refused.js';
import type { SlackWorkspace } from './slack-workspace.js';

export interface SlackDecisionsOptions extends KnownPeople {
  readonly approvals: AccessApprovals;
  readonly board: Pick<CardBoard<RequestStory>, 'locate'>;
  readonly workspace: Pick<SlackWorkspace, 'openDialog' | 'botUserId'>;
}

/** What to tell the one who clicked; `undefined` when the card says it all. */
export type Told = string | undefined;

/**
 * Decisions by click. A click is only a pointer: who it was comes from the configuration, what it is about is
 * read from the stream, and it counts only from the very message that we posted for that request.
 */
export class SlackDecisions {
  constructor(private readonly options: SlackDecisionsOptions) {}

  /** @throws SlackRefused, ApprovalRefused, EventStoreError, SlackUnavailable */
  async approve(click: CardClick, causationId: string): Promise<Told> {
    const { requestId, round, seen, step } = click.actions[0].value;
    const pointer = { requestId, causationId };
    const { story, decision } = await this.#judge(click, placeOf(click), pointer);
    requireShownWhole(story);
    const result = await this.options.approvals.approve({ ...decision, round, seen, step });
    return result === 'recorded' ? undefined : 'You had approved this request already.';
  }

  /** Opens the dialog that asks for a reason, for somebody who may deny. */
  async askReason(click: CardClick, causationId: string): Promise<Told> {
    const place = placeOf(click);
    const { requestId, round } = click.actions[0].value;
    const { story, decision } = await this.#judge(click, place, { requestId, causationId });
    await this.options.approvals.checkDenial({ ...decision, round });
    const view = denyAccessView(story, { requestId: story.id, ...roundIn(round), ...place });
    await openDialog(this.options.workspace, click.trigger_id, view);
    return undefined;
  }

  async deny(submission: DenySubmission, causationId: string): Promise<Told> {
    const { requestId, round = 1, channel, ts } = submission.view.private_metadata;
    const place = { channel, ts };
    const { decision } = await this.#judge(submission, place, { requestId, causationId });
    const remark = reasonOf(submission);
    const result = await this.options.approvals.deny({ ...decision, round, remark });
    return result === 'recorded' ? undefined : 'You had denied this request already.';
  }

  /** Opens the dialog in which less can be chosen, for who pressed on the card that shows the terms of now. */
  async askNarrowing(click: CardClick): Promise<Told> {
    const place = placeOf(click);
    const { requestId, round, seen, step } = click.actions[0].value;
    const pointer = { requestId, causationId: requestId };
    const { story, decision } = await this.#judge(click, place, pointer);
    requireNarrowable(story);
    await this.options.approvals.checkApproval({ ...decision, round, seen, step });
    const shown = { ...roundIn(round), seen, ...(step === undefined ? {} : { step }) };
    const from = { requestId, ...place, ...shown };
    await openDialog(this.options.workspace, click.trigger_id, narrowView(story, from));
    return undefined;
  }

  async narrow(submission: NarrowSubmission, causationId: string): Promise<Told> {
    const { requestId, channel, ts, round = 1, seen, step } = submission.view.private_metadata;
    const place = { channel, ts };
    const { story, decision } = await this.#judge(submission, place, { requestId, causationId });
    requireNarrowable(story);
    // Positions point into the terms that were shown.
    const isShown = (story.extends?.round ?? 1) === round && story.standing?.termsVersion === seen;
    if (!isShown) throw refusedApprover('terms_changed');
    const narrow = chosenNarrowing(story.terms, submission.view.state.values.choice);
    if (narrow === undefined) {
      const message = 'nothing would be left of the request; deny it instead';
      throw new SlackRefused('slack_narrowing_empty', message);
    }
    const approving = { ...decision, round, seen, step };
    const isLess = Object.keys(narrow).length > 0;
    const result = await this.options.approvals.approve(
      isLess ? { ...approving, narrow } : approving,
    );
    return result === 'recorded' ? undefined : 'You had approved this request already.';
  }

  /** Opens the dialog that asks what to ask; whoever may say no may. */
  async askQuestion(click: CardClick, causationId: string): Promise<Told> {
    const place = placeOf(click);
    const { requestId, round } = click.actions[0].value;
    const { story, decision } = await this.#judge(click, place, { requestId, causationId });
    await this.options.approvals.checkDenial({ ...decision, round });
    const view = askView(story, { requestId, ...place });
    await openDialog(this.options.workspace, click.trigger_id, view);
    return undefined;
  }

  async ask(submission: AskSubmission, causationId: string): Promise<Told> {
    const { requestId, channel, ts } = submission.view.private_metadata;
    const pointer = { requestId, causationId };
    const { decision } = await this.#judge(submission, { channel, ts }, pointer);
    const text = reasonOf(submission);
    if (text === undefined) throw new SlackRefused('slack_question_empty', 'there is no question');
    const questionId = questionIdOf('dialog', submission.trigger_id);
    await this.options.approvals.ask({ ...decision, questionId, text });
    return undefined;
  }

  async takeBack(click: CardClick, causationId: string): Promise<Told> {
    const { requestId } = click.actions[0].value;
    const { decision } = await this.#judge(click, placeOf(click), { requestId, causationId });
    await this.options.approvals.takeBack(decision);
    return undefined;
  }

  /** Opens the dialog that shows every rule, also of a request that is over. */
  async showRules(click: CardClick): Promise<Told> {
    const { requestId } = click.actions[0].value;
    const pointer = { requestId, causationId: requestId };
    const { story } = await this.#judge(click, placeOf(click), pointer);
    await openDialog(this.options.workspace, click.trigger_id, rulesView(story));
    return undefined;
  }

  async #judge(
    envelope: Envelope,
    from: CardPlace,
    { requestId, causationId }: Pick<Decision, 'requestId' | 'causationId'>,
  ): Promise<{ readonly story: RequestStory; readonly decision: Decision }> {
    const approver = slackHuman(envelope, this.options);
    const story = await this.#storyOf(requestId);
    requireSamePlace(from, await this.options.board.locate(story));
    return { story, decision: { requestId, approver, via: 'slack', causationId } };
  }

  async #storyOf(requestId: string): Promise<RequestStory> {
    const story = RequestId.safeParse(requestId).success
      ? await this.options.approvals.story(requestId)
      : undefined;
    if (story !== undefined) return story;
    throw new ApprovalRefused('approval_unknown', 'there is no access request with this id');
  }
}

/** What the request itself is about is not marked. */
const roundIn = (round: number) => (round === 1 ? {} : { round });

function requireShownWhole({ terms }: RequestStory): void {
  if (isShownWhole(terms.rules)) return;
  const message = 'Slack cannot show all its rules; read and approve this request with the CLI';
  throw new SlackRefused('slack_card_incomplete', message);
}

function requireNarrowable(story: RequestStory): void {
  requireShownWhole(story);
  if (story.status !== 'pending')
    throw new ApprovalRefused('request_not_pending', 'the request is not open for approval');
  if (isNarrowable(story)) return;
  throw refusedApprover('narrowing_not_possible');
}
