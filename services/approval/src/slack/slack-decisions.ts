import { RequestId } from '@drawbridge/contracts';
import { ApprovalRefused } from '../domain/approval-refused.js';
import type { RequestStory } from '../domain/request-story.js';
import type { AccessApprovals, Decision } from '../nats/access-approvals.js';
import type { CardBoard } from './card-board.js';
import { exactRules } from './card-facts.js';
import type { CardPlace } from './card-memory.js';
import { placeOf, requireSamePlace } from './card-place.js';
import { denyAccessView } from './deny-view.js';
import { reasonOf, type CardClick, type DenySubmission, type Envelope } from './interaction.js';
import { openDialog } from './open-dialog.js';
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
    const { requestId, seen, step } = click.actions[0].value;
    const pointer = { requestId, causationId };
    const { story, decision } = await this.#judge(click, placeOf(click), pointer);
    if (exactRules(story.terms.rules) === undefined) {
      const message =
        'the card does not show all rules; read and approve this request with the CLI';
      throw new SlackRefused('slack_card_incomplete', message);
    }
    const result = await this.options.approvals.approve({ ...decision, seen, step });
    return result === 'recorded' ? undefined : 'You had approved this request already.';
  }

  /** Opens the dialog that asks for a reason, for somebody who may deny. */
  async askReason(click: CardClick, causationId: string): Promise<Told> {
    const place = placeOf(click);
    const { story, decision } = await this.#judge(click, place, {
      requestId: click.actions[0].value.requestId,
      causationId,
    });
    await this.options.approvals.checkDenial(decision);
    const view = denyAccessView(story, { requestId: story.id, ...place });
    await openDialog(this.options.workspace, click.trigger_id, view);
    return undefined;
  }

  async deny(submission: DenySubmission, causationId: string): Promise<Told> {
    const { requestId, channel, ts } = submission.view.private_metadata;
    const place = { channel, ts };
    const { decision } = await this.#judge(submission, place, { requestId, causationId });
    const result = await this.options.approvals.deny({ ...decision, remark: reasonOf(submission) });
    return result === 'recorded' ? undefined : 'You had denied this request already.';
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
