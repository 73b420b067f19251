import { RequestId } from '@drawbridge/contracts';
import type { Clock } from '@drawbridge/kernel';
import { mayDecide } from '../domain/may-decide.js';
import { maySeeGrant } from '../domain/may-see-grant.js';
import type { RequestStory } from '../domain/request-story.js';
import { mayReview } from '../domain/review.js';
import { RevocationRefused } from '../domain/revocation.js';
import type { AccessApprovals } from '../nats/access-approvals.js';
import type { OpenGrants } from '../nats/open-grants.js';
import type { OpenReviews } from '../nats/open-reviews.js';
import type { ExtensionOffers } from '../nats/extension-offers.js';
import type { Revocations } from '../nats/revocations.js';
import {
  extendView,
  MORE_BLOCK,
  MORE_INPUT,
  type ExtendClick,
  type ExtendSubmission,
} from './extend-view.js';
import type { WaitingRequests } from '../nats/waiting-requests.js';
import { directKey, type CardMemory } from './card-memory.js';
import { REASON_BLOCK, REASON_INPUT } from './deny-view.js';
import { typedLine } from './interaction.js';
import { openDialog } from './open-dialog.js';
import type { Overview, WaitingItem } from './overview-blocks.js';
import { revokeView, type RevokeClick, type RevokeSubmission } from './revoke-view.js';
import type { Told } from './slack-decisions.js';
import { slackHuman, type KnownPeople } from './slack-human.js';
import { SlackRefused } from './slack-refused.js';
import type { SlackWorkspace } from './slack-workspace.js';

/** What is shown of them; each takes room from the other lists. */
const MOST_REVIEWS = 5;

export interface SlackDeskOptions extends KnownPeople {
  readonly approvals: Pick<AccessApprovals, 'story'>;
  readonly waiting: Pick<WaitingRequests, 'list'>;
  readonly grants: Pick<OpenGrants, 'list'>;
  readonly reviews: Pick<OpenReviews, 'list'>;
  readonly revocations: Pick<Revocations, 'revoke' | 'check'>;
  readonly offers: Pick<ExtensionOffers, 'offer' | 'check'>;
  readonly memory: Pick<CardMemory, 'find'>;
  readonly workspace: Pick<SlackWorkspace, 'openDialog' | 'botUserId' | 'linkTo'>;
  readonly clock: Clock;
}

type Who = Parameters<typeof slackHuman>[0];

/** What a human can see and order in Slack apart from the cards, by the same rules as over HTTP. */
export class SlackDesk {
  constructor(private readonly options: SlackDeskOptions) {}

  /** @throws SlackRefused for an account that belongs to nobody */
  async overview(who: Who, most: number): Promise<Overview> {
    const human = slackHuman(who, this.options);
    const { waiting, grants, reviews, clock } = this.options;
    const mine = waiting.list().filter((story) => mayDecide(story, human));
    const open = grants.list(clock()).filter((story) => maySeeGrant(human, story));
    const toReview = reviews
      .list()
      .filter(({ requester, review }) => mayReview(human, requester, review.groups));
    return {
      waiting: await Promise.all(mine.slice(0, most).map((story) => this.#withLink(story, who))),
      waitingTotal: mine.length,
      open: open.slice(0, most),
      openTotal: open.length,
      reviews: toReview.slice(0, MOST_REVIEWS),
      reviewsTotal: toReview.length,
    };
  }

  /** Opens the dialog that asks why, for somebody who may revoke. */
  async askRevocation(
    who: Who,
    { requestId, triggerId }: { readonly requestId: string; readonly triggerId: string },
  ): Promise<Told> {
    const by = slackHuman(who, this.options);
    if (!RequestId.safeParse(requestId).success) throw unknownRequest();
    await this.options.revocations.check({ requestId, by });
    const story = await this.options.approvals.story(requestId);
    if (story === undefined) throw unknownRequest();
    await openDialog(this.options.workspace, triggerId, revokeView(story));
    return undefined;
  }

  pressRevoke(click: RevokeClick): Promise<Told> {
    const [{ value: requestId }] = click.actions;
    return this.askRevocation(click, { requestId, triggerId: click.trigger_id });
  }

  submitRevocation(submission: RevokeSubmission, causationId: string): Promise<Told> {
    const { requestId } = submission.view.private_metadata;
    const reason = typedLine(submission.view.state.values[REASON_BLOCK][REASON_INPUT].value);
    return this.revoke(submission, { requestId, reason, causationId });
  }

  /** @throws SlackRefused, RevocationRefused, EventStoreError */
  async revoke(
    who: Who,
    order: {
      readonly requestId: string;
      readonly reason: string | undefined;
      readonly causationId: string;
    },
  ): Promise<Told> {
    const { requestId, reason, causationId } = order;
    const by = slackHuman(who, this.options);
    if (!RequestId.safeParse(requestId).success) throw unknownRequest();
    if (reason === undefined) throw new SlackRefused('slack_reason_missing', 'there is no reason');
    const { revocations } = this.options;
    await revocations.revoke({ requestId, by, via: 'slack', reason, causationId });
    return undefined;
  }

  /** Opens the dialog that asks how much more time and why, for somebody who may ask for it. */
  async askExtension(
    who: Who,
    { requestId, triggerId }: { readonly requestId: string; readonly triggerId: string },
  ): Promise<Told> {
    const by = slackHuman(who, this.options);
    if (!RequestId.safeParse(requestId).success) throw unknownRequest();
    await this.options.offers.check({ requestId, by });
    const story = await this.options.approvals.story(requestId);
    if (story === undefined) throw unknownRequest();
    await openDialog(this.options.workspace, triggerId, extendView(story));
    return undefined;
  }

  pressExtend(click: ExtendClick): Promise<Told> {
    const [{ value: requestId }] = click.actions;
    return this.askExtension(click, { requestId, triggerId: click.trigger_id });
  }

  /** @throws SlackRefused, OfferRefused, EventStoreError */
  async submitExtension(submission: ExtendSubmission, causationId: string): Promise<Told> {
    const { private_metadata: metadata, state } = submission.view;
    const by = slackHuman(submission, this.options);
    const reason = typedLine(state.values[REASON_BLOCK][REASON_INPUT].value);
    if (reason === undefined) throw new SlackRefused('slack_reason_missing', 'there is no reason');
    const seconds = state.values[MORE_BLOCK][MORE_INPUT].selected_option.value;
    const offer = { ...metadata, by, via: 'slack', seconds, reason, causationId } as const;
    await this.options.offers.offer(offer);
    return undefined;
  }

  /** Without a link when Slack does not tell: the list is worth more than the way to the card. */
  async #withLink(story: RequestStory, { user }: Who): Promise<WaitingItem> {
    const { memory } = this.options;
    const place =
      (await memory.find(story.id)) ?? (await memory.find(directKey(story.id, user.id)));
    if (place === undefined) return { story };
    return { story, link: await this.options.workspace.linkTo(place).catch(() => undefined) };
  }
}

const unknownRequest = (): RevocationRefused =>
  new RevocationRefused('approval_unknown', 'there is no access request with this id');
