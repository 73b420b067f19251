import { Body, Controller, Get, HttpCode, Inject, Param, Post, Query, Req } from '@nestjs/common';
import {
  ApproveInput,
  DenyInput,
  HoldId,
  principalId,
  type HoldView,
  type Principal,
  type WaitingHolds as WaitingHoldsView,
} from '@drawbridge/contracts';
import { explainApproverRefusal, holdApproverRefusal, HoldRefused } from '@drawbridge/holds';
import { requestIdOf, ValidBody, ValidQuery } from '@drawbridge/runtime';
import { TokenVerifier } from '@drawbridge/token';
import type { Request } from 'express';
import type { HoldStory } from '../domain/hold-story.js';
import { HeldCommands, unknownHold, type DecisionOnHold } from '../nats/held-commands.js';
import { WaitingHolds } from '../nats/waiting-holds.js';
import { holdSummary, holdView } from './hold-view.js';
import { requireHuman } from './require-human.js';
import { WaitingQuery } from './waiting-query.js';

const waitingQuery = ValidQuery(WaitingQuery);
const approveBody = ValidBody(ApproveInput.default({}));
const denyBody = ValidBody(DenyInput.default({}));
const fromQuery = { type: 'query' } as const;
const fromBody = { type: 'body' } as const;

/** Held calls, for the humans who may decide them. Who asks is judged before what is asked. */
@Controller('v1/holds')
export class HoldsController {
  constructor(
    @Inject(TokenVerifier) private readonly verifier: TokenVerifier,
    @Inject(HeldCommands) private readonly holds: HeldCommands,
    @Inject(WaitingHolds) private readonly waiting: WaitingHolds,
  ) {}

  @Get()
  async list(@Req() request: Request, @Query() query: unknown): Promise<WaitingHoldsView> {
    const human = await requireHuman(request, this.verifier);
    const { limit } = waitingQuery.transform(query, fromQuery);
    const items = this.waiting.open().filter((story) => isAsked(story, human));
    return { items: items.slice(0, limit).map(holdSummary), total: items.length };
  }

  /** For whoever may decide it, and for nobody else: it tells what is in the cluster. */
  @Get(':id')
  async show(@Req() request: Request, @Param('id') id: string): Promise<HoldView> {
    const human = await requireHuman(request, this.verifier);
    const story = await this.storyOf(id);
    const refusal = refusalOf(story, human);
    if (refusal !== undefined) throw new HoldRefused(refusal, explainApproverRefusal(refusal));
    return holdView(story);
  }

  @Post(':id/approve')
  @HttpCode(200)
  async approve(
    @Req() request: Request,
    @Param('id') id: string,
    @Body() body: unknown,
  ): Promise<HoldView> {
    const decision = await this.decision(request, id);
    const { comment } = approveBody.transform(body, fromBody);
    await this.holds.approve({ ...decision, remark: comment });
    return holdView(await this.storyOf(id));
  }

  @Post(':id/deny')
  @HttpCode(200)
  async deny(
    @Req() request: Request,
    @Param('id') id: string,
    @Body() body: unknown,
  ): Promise<HoldView> {
    const decision = await this.decision(request, id);
    const { reason } = denyBody.transform(body, fromBody);
    await this.holds.deny({ ...decision, remark: reason });
    return holdView(await this.storyOf(id));
  }

  private async decision(request: Request, id: string): Promise<DecisionOnHold> {
    const approver = await requireHuman(request, this.verifier);
    if (!HoldId.safeParse(id).success) throw unknownHold();
    return { holdId: id, approver, via: 'http', causationId: requestIdOf(request) };
  }

  private async storyOf(id: string): Promise<HoldStory> {
    const story = HoldId.safeParse(id).success ? await this.holds.story(id) : undefined;
    if (story === undefined) throw unknownHold();
    return story;
  }
}

/** Who has said yes already is not asked again. */
const isAsked = (story: HoldStory, human: Principal): boolean =>
  refusalOf(story, human) === undefined &&
  !story.endorsements.some(({ by }) => principalId(by) === principalId(human));

const refusalOf = ({ held }: HoldStory, human: Principal) => holdApproverRefusal(human, held);
