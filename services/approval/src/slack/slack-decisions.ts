import { RequestId, type Principal } from '@drawbridge/contracts';
import { ApprovalRefused } from '../domain/approval-refused.js';
import type { RequestStory } from '../domain/request-story.js';
import type { AccessApprovals, Decision } from '../nats/access-approvals.js';
import type { CardBoard } from './card-board.js';
import { exactRules } from './card-facts.js';
import type { CardPlace } from './card-memory.js';
import { denyView } from './deny-view.js';
import { reasonOf, type CardClick, type DenySubmission, type Envelope } from './interaction.js';
import type { SlackPeople } from './slack-people.js';
import { SlackRefused } from './slack-refused.js';
import type { SlackWorkspace } from './slack-workspace.js';

export interface SlackDecisionsOptions {
  readonly approvals: AccessApprovals;
  readonly board: Pick<CardBoard, 'locate'>;
  readonly workspace: Pick<SlackWorkspace, 'openDialog' | 'botUserId'>;
  /** The mapping in force now. */
  readonly people: () => SlackPeople;
  /** Whether the trust bundle says that this human may do nothing any more. */
  readonly isDisabled: (human: Principal) => boolean;
  readonly teamId: string;
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
    const { story, decision } = await this.#judge(click, placeOf(click), {
      requestId: click.actions[0].value,
      causationId,
    });
    if (exactRules(story.terms.rules) === undefined) {
      const message =
        'the card does not show all rules; read and approve this request with the CLI';
      throw new SlackRefused('slack_card_incomplete', message);
    }
    const result = await this.options.approvals.approve(decision);
    return result === 'recorded' ? undefined : 'You had approved this request already.';
  }

  /** Opens the dialog that asks for a reason, for somebody who may deny. */
  async askReason(click: CardClick, causationId: string): Promise<Told> {
    const place = placeOf(click);
    const { story, decision } = await this.#judge(click, place, {
      requestId: click.actions[0].value,
      causationId,
    });
    await this.options.approvals.checkDenial(decision);
    const view = denyView(story, { requestId: story.id, ...place });
    try {
      await this.options.workspace.openDialog(click.trigger_id, view);
    } catch (cause) {
      const message = 'Slack could not open the dialog; press Deny again';
      throw new SlackRefused('slack_dialog_failed', message, { cause });
    }
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
    const approver = this.#humanOf(envelope);
    const story = await this.#storyOf(requestId);
    const place = await this.options.board.locate(story);
    if (place?.channel !== from.channel || place.ts !== from.ts) {
      const message = 'this is not the current card of the request; use the newest one';
      throw new SlackRefused('slack_card_outdated', message);
    }
    return { story, decision: { requestId, approver, via: 'slack', causationId } };
  }

  #humanOf({ user }: Envelope): Principal {
    const { teamId, workspace, people, isDisabled } = this.options;
    const isGuest = user.team_id !== undefined && user.team_id !== teamId;
    const isBot = user.id === workspace.botUserId || user['is_bot'] === true;
    const human = isGuest || isBot ? undefined : people()({ team: teamId, user: user.id });
    if (human !== undefined && isDisabled(human)) {
      throw new SlackRefused('slack_user_disabled', 'your identity is disabled in Drawbridge');
    }
    if (human !== undefined) return human;
    const message = `your Slack account ${user.id} belongs to nobody in Drawbridge's configuration`;
    throw new SlackRefused('slack_user_unknown', message);
  }

  async #storyOf(requestId: string): Promise<RequestStory> {
    const story = RequestId.safeParse(requestId).success
      ? await this.options.approvals.story(requestId)
      : undefined;
    if (story !== undefined) return story;
    throw new ApprovalRefused('approval_unknown', 'there is no access request with this id');
  }
}

const placeOf = ({ container }: CardClick): CardPlace => ({
  channel: container.channel_id,
  ts: container.message_ts,
});
