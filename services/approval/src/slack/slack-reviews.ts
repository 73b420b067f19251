import { RequestId } from '@drawbridge/contracts';
import { unknownReview } from '../domain/review.js';
import type { Reviews } from '../nats/reviews.js';
import { REASON_BLOCK, REASON_INPUT } from './deny-view.js';
import { typedLine } from './interaction.js';
import { openDialog } from './open-dialog.js';
import {
  reviewDialog,
  VERDICT_BLOCK,
  VERDICT_INPUT,
  type ReviewClick,
  type ReviewSubmission,
} from './review-dialog.js';
import type { Told } from './slack-decisions.js';
import { slackHuman, type KnownPeople } from './slack-human.js';
import { SlackRefused } from './slack-refused.js';
import type { SlackWorkspace } from './slack-workspace.js';

export interface SlackReviewsOptions extends KnownPeople {
  readonly reviewing: Pick<Reviews, 'check' | 'complete' | 'story'>;
  readonly workspace: Pick<SlackWorkspace, 'openDialog' | 'botUserId'>;
}

/** Reviews in Slack, by the same rules as over HTTP. */
export class SlackReviews {
  constructor(private readonly options: SlackReviewsOptions) {}

  /** @throws SlackRefused, ReviewRefused, EventStoreError */
  async press(click: ReviewClick): Promise<Told> {
    const by = slackHuman(click, this.options);
    const [{ value: requestId }] = click.actions;
    if (!RequestId.safeParse(requestId).success) throw unknownReview();
    const { reviewing, workspace } = this.options;
    await reviewing.check({ requestId, by });
    const story = await reviewing.story(requestId);
    if (story === undefined) throw unknownReview();
    await openDialog(workspace, click.trigger_id, reviewDialog(story));
    return undefined;
  }

  /** @throws SlackRefused, ReviewRefused, EventStoreError */
  async submit(submission: ReviewSubmission, causationId: string): Promise<Told> {
    const by = slackHuman(submission, this.options);
    const { private_metadata: metadata, state } = submission.view;
    const { requestId } = metadata;
    const { value: verdict } = state.values[VERDICT_BLOCK][VERDICT_INPUT].selected_option;
    const note = typedLine(state.values[REASON_BLOCK][REASON_INPUT].value);
    if (note === undefined) throw new SlackRefused('slack_reason_missing', 'there is no reason');
    const said = { requestId, by, via: 'slack', verdict, note, causationId } as const;
    await this.options.reviewing.complete(said);
    return undefined;
  }
}
