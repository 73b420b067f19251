import { HoldId } from '@drawbridge/contracts';
import type { HoldStory } from '../domain/hold-story.js';
import { unknownHold, type DecisionOnHold, type HeldCommands } from '../nats/held-commands.js';
import type { CardBoard } from './card-board.js';
import type { CardPlace } from './card-memory.js';
import { placeOf, requireSamePlace } from './card-place.js';
import { denyHoldView } from './deny-view.js';
import { exactCall } from './hold-card-facts.js';
import type { HoldClick } from './card-click.js';
import { reasonOf, type DenyHoldSubmission } from './denial-submission.js';
import type { Envelope } from './interaction.js';
import type { Told } from './slack-decisions.js';
import { openDialog } from './open-dialog.js';
import { slackHuman, type KnownPeople } from './slack-human.js';
import { SlackRefused } from './slack-refused.js';
import type { SlackWorkspace } from './slack-workspace.js';

export interface SlackHoldDecisionsOptions extends KnownPeople {
  readonly holds: HeldCommands;
  readonly board: Pick<CardBoard<HoldStory>, 'locate'>;
  readonly workspace: Pick<SlackWorkspace, 'openDialog' | 'botUserId'>;
}

/** Decisions on held calls by click. As for access requests, a click is only a pointer. */
export class SlackHoldDecisions {
  constructor(private readonly options: SlackHoldDecisionsOptions) {}

  /** @throws SlackRefused, HoldRefused, EventStoreError, SlackUnavailable */
  async approve(click: HoldClick, causationId: string): Promise<Told> {
    const { story, decision } = await this.#judge(click, placeOf(click), {
      holdId: click.actions[0].value,
      causationId,
    });
    if (exactCall(story) === undefined) {
      const message = 'the card does not show the whole call; read and approve it with the CLI';
      throw new SlackRefused('slack_card_incomplete', message);
    }
    const result = await this.options.holds.approve(decision);
    return result === 'recorded' ? undefined : 'You had approved this call already.';
  }

  /** Opens the dialog that asks for a reason, for somebody who may deny. */
  async askReason(click: HoldClick, causationId: string): Promise<Told> {
    const place = placeOf(click);
    const { story, decision } = await this.#judge(click, place, {
      holdId: click.actions[0].value,
      causationId,
    });
    await this.options.holds.checkDenial(decision);
    const view = denyHoldView(story, { holdId: story.id, ...place });
    await openDialog(this.options.workspace, click.trigger_id, view);
    return undefined;
  }

  async deny(submission: DenyHoldSubmission, causationId: string): Promise<Told> {
    const { holdId, channel, ts } = submission.view.private_metadata;
    const { decision } = await this.#judge(submission, { channel, ts }, { holdId, causationId });
    const result = await this.options.holds.deny({ ...decision, remark: reasonOf(submission) });
    return result === 'recorded' ? undefined : 'You had denied this call already.';
  }

  async #judge(
    envelope: Envelope,
    from: CardPlace,
    { holdId, causationId }: Pick<DecisionOnHold, 'holdId' | 'causationId'>,
  ): Promise<{ readonly story: HoldStory; readonly decision: DecisionOnHold }> {
    const approver = slackHuman(envelope, this.options);
    const story = HoldId.safeParse(holdId).success
      ? await this.options.holds.story(holdId)
      : undefined;
    if (story === undefined) throw unknownHold();
    requireSamePlace(from, await this.options.board.locate(story));
    return { story, decision: { holdId, approver, via: 'slack', causationId } };
  }
}
