import {
  approverGroupsOf,
  Principal,
  principalId,
  StepUpProof,
  type StepUp as WantedLogin,
} from '@drawbridge/contracts';
import type { Clock } from '@drawbridge/kernel';
import { z } from 'zod';
import { ApprovalRefused } from '../domain/approval-refused.js';
import { openStepOf } from '../domain/steps-of.js';
import type { RequestStory } from '../domain/request-story.js';
import type { AccessApprovals, Approving } from '../nats/access-approvals.js';
import type { ReplayCache } from '../slack/replay-cache.js';
import { Flow, type FreshLogin, type LoggedIn } from './fresh-login.js';
import type { Seal } from './seal.js';
import { StepUpFailed, stateInvalid } from './step-up-failed.js';
import type { WebIssuer } from './web-issuers.js';

const FLOW_SECONDS = 600;
/** From the login to the click: long enough to read. */
export const CONFIRM_SECONDS = 300;
/** For a request that wants none, or that is not there: the login looks the same. */
const ANY_LOGIN: WantedLogin = { maxAgeSeconds: 300 };

const Confirm = z.strictObject({
  requestId: z.string(),
  approver: Principal,
  proof: StepUpProof,
  /** Absent: of the request itself. */
  round: z.int().optional(),
  seen: z.int(),
  step: z.string().optional(),
  /** How often this human had approved it before: a yes of which a replica knows nothing is used up by that. */
  before: z.int(),
  /** The same as in the cookie of the browser that logged in. */
  browser: z.string(),
});

const flowSealing = { purpose: 'flow', content: Flow } as const;
const browserSealing = { purpose: 'browser', content: z.string() } as const;
const confirmSealing = { purpose: 'confirm', content: Confirm } as const;

export interface StepUpOptions {
  readonly approvals: Pick<AccessApprovals, 'approve' | 'checkApproval' | 'story'>;
  readonly login: FreshLogin;
  readonly issuers: () => readonly WebIssuer[];
  readonly seal: Seal;
  /** Takes each confirmation once. */
  readonly replays: ReplayCache;
  readonly clock: Clock;
  readonly newId: () => string;
}

export interface Begun {
  readonly location: string;
  readonly cookie: string;
}

/** A human who has logged in and may approve: what they are shown, and what makes their yes count. */
export interface Asked {
  readonly story: RequestStory;
  readonly approver: LoggedIn['approver'];
  readonly sealed: string;
  readonly cookie: string;
}

/** Approvals with a fresh login, from the link on a card to the yes on a page of ours. */
export class StepUp {
  constructor(private readonly options: StepUpOptions) {}

  /**
   * Says nothing about the request: who asks is not known yet.
   *
   * @returns the issuers to choose from where there are several and none is named
   * @throws StepUpFailed
   */
  async begin(requestId: string, issuer: string | undefined): Promise<Begun | readonly string[]> {
    const { login, seal } = this.options;
    const issuers = this.options.issuers();
    const [first] = issuers;
    if (first === undefined) throw notPossible();
    if (issuer === undefined && issuers.length > 1) return issuers.map((known) => known.issuer);
    const chosen = issuer === undefined ? first : this.#issuer(issuer);
    const wanted = wantedBy(await this.options.approvals.story(requestId));
    const { flow, location } = await login.begin(chosen, wanted, requestId);
    return { location, cookie: await seal.seal(flowSealing, flow, FLOW_SECONDS) };
  }

  /** The request that a login under way is for; `undefined` where none is. */
  async requestOf(cookie: string): Promise<string | undefined> {
    return (await this.options.seal.open(flowSealing, cookie))?.requestId;
  }

  /**
   * The browser is back from the issuer. Whoever may not approve is refused before they are shown anything.
   *
   * @returns `known` for whoever had approved before
   * @throws StepUpFailed, TokenRefused, ApprovalRefused
   */
  async finish(cookie: string, query: string, causationId: string): Promise<Asked | 'known'> {
    const { login, seal, approvals, newId } = this.options;
    const flow = await seal.open(flowSealing, cookie);
    if (flow === undefined) throw stateInvalid();
    const loggedIn = await login.finish(flow, this.#issuer(flow.issuer), query);
    const story = await approvals.story(flow.requestId);
    const decision = decisionOf(flow.requestId, story, loggedIn);
    const result = await approvals.checkApproval({ ...decision, causationId });
    if (story === undefined || result === 'unchanged') return 'known';
    const browser = newId();
    const { requestId, approver, proof, round, seen, step } = decision;
    const before = approvalsBy(approver, story);
    const shown = { seen, ...(round && { round }), ...(step && { step }) };
    const confirm = { requestId, approver, proof, ...shown, before, browser };
    return {
      story,
      approver,
      sealed: await seal.seal(confirmSealing, confirm, CONFIRM_SECONDS),
      cookie: await seal.seal(browserSealing, browser, CONFIRM_SECONDS),
    };
  }

  /**
   * The yes of the browser that logged in, once.
   *
   * @returns the story with it
   * @throws StepUpFailed, ApprovalRefused, EventStoreError
   */
  async confirm(
    cookie: string,
    sealed: string,
    causationId: string,
  ): Promise<RequestStory | undefined> {
    const { seal, approvals, replays, clock } = this.options;
    const browser = await seal.open(browserSealing, cookie);
    const confirm = await seal.open(confirmSealing, sealed);
    if (browser === undefined || confirm?.browser !== browser) throw stateInvalid();
    if (replays.take([browser], clock()) !== 'new') throw stateInvalid();
    const { requestId, approver, proof, round, seen, step, before } = confirm;
    const story = await approvals.story(requestId);
    if (approvalsBy(approver, story) !== before) throw stateInvalid();
    await approvals.approve({
      requestId,
      approver,
      via: 'step_up',
      proof,
      round,
      seen,
      step,
      causationId,
    });
    return approvals.story(requestId);
  }

  #issuer(issuer: string): WebIssuer {
    const found = this.options.issuers().find((known) => known.issuer === issuer);
    if (found === undefined) throw notPossible();
    return found;
  }
}

const notPossible = (): StepUpFailed =>
  new StepUpFailed(
    'step_up_not_possible',
    'no identity provider is configured for logins on this page; approve with the CLI',
  );

/** Those that were taken back among them. */
const approvalsBy = (human: Principal, story: RequestStory | undefined): number =>
  (story?.approvals ?? []).filter(({ approver }) => principalId(approver) === principalId(human))
    .length;

const wantedBy = (story: RequestStory | undefined): WantedLogin =>
  (story?.approval?.type === 'steps' ? story.approval.stepUp : undefined) ?? ANY_LOGIN;

/** An approval of what stands now, by whoever logged in; of their groups only those that are asked. */
function decisionOf(
  requestId: string,
  story: RequestStory | undefined,
  { approver, proof }: LoggedIn,
): Omit<Approving, 'causationId' | 'proof' | 'seen'> & {
  readonly proof: StepUpProof;
  readonly seen: number;
} {
  if (story === undefined)
    throw new ApprovalRefused('approval_unknown', 'there is no access request with this id');
  const asked = approverGroupsOf(story.approval ?? { type: 'none' });
  const groups = approver.groups.filter((group) => asked.includes(group));
  return {
    requestId,
    approver: { ...approver, groups },
    via: 'step_up',
    proof,
    round: story.extends?.round,
    seen: story.standing?.termsVersion ?? 0,
    step: openStepOf(story.standing),
  };
}
