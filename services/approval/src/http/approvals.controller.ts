import { randomUUID } from 'node:crypto';
import { Body, Controller, Get, HttpCode, Inject, Param, Post, Query, Req } from '@nestjs/common';
import {
  ApproveInput,
  DenyInput,
  QuestionInput,
  RequestId,
  type ApprovalView,
  type Principal,
  type WaitingApprovals,
} from '@drawbridge/contracts';
import { requestIdOf, ValidBody, ValidQuery } from '@drawbridge/runtime';
import { narrowingOf } from '@drawbridge/scope';
import { proofOf, TokenVerifier } from '@drawbridge/token';
import type { Request } from 'express';
import { ApprovalRefused } from '../domain/approval-refused.js';
import { mayDecide } from '../domain/may-decide.js';
import { AccessApprovals, type Decision } from '../nats/access-approvals.js';
import { requireHuman, requireHumanToken } from './require-human.js';
import { challenging } from './step-up-challenge.js';
import { ShownApprovals } from './shown-approvals.js';
import { WaitingQuery } from './waiting-query.js';

const waitingQuery = ValidQuery(WaitingQuery);
const approveBody = ValidBody(ApproveInput.default({}));
const questionBody = ValidBody(QuestionInput);
const denyBody = ValidBody(DenyInput.default({}));
const fromQuery = { type: 'query' } as const;
const fromBody = { type: 'body' } as const;

/** Decisions of humans with their own token. Who asks is judged before what is asked. */
@Controller('v1')
export class ApprovalsController {
  constructor(
    @Inject(TokenVerifier) private readonly verifier: TokenVerifier,
    @Inject(AccessApprovals) private readonly approvals: AccessApprovals,
    @Inject(ShownApprovals) private readonly shown: ShownApprovals,
  ) {}

  @Get('approvals')
  async list(@Req() request: Request, @Query() query: unknown): Promise<WaitingApprovals> {
    const human = await requireHuman(request, this.verifier);
    const { limit } = waitingQuery.transform(query, fromQuery);
    const items = this.shown.list().filter((story) => mayDecide(story, human));
    return {
      items: items.slice(0, limit).map((story) => this.shown.view(story)),
      total: items.length,
    };
  }

  @Post('access-requests/:id/approve')
  @HttpCode(200)
  async approve(
    @Req() request: Request,
    @Param('id') id: string,
    @Body() body: unknown,
  ): Promise<ApprovalView> {
    const token = await requireHumanToken(request, this.verifier);
    const decision = decisionOf(request, id, token.principal);
    const { comment, round, seen, step, ...less } = approveBody.transform(body, fromBody);
    const narrow = narrowingOf(less);
    const proof = proofOf(token);
    const given = { ...decision, remark: comment, round, seen, step, proof };
    const isNarrowed = Object.keys(narrow).length > 0;
    await challenging(request.res, () =>
      this.approvals.approve(isNarrowed ? { ...given, narrow } : given),
    );
    return this.view(decision);
  }

  /** Until the grant is issued; a denial cannot be taken back. */
  @Post('access-requests/:id/take-back')
  @HttpCode(200)
  async takeBack(@Req() request: Request, @Param('id') id: string): Promise<ApprovalView> {
    const decision = await this.decision(request, id);
    await this.approvals.takeBack(decision);
    return this.view(decision);
  }

  @Post('access-requests/:id/deny')
  @HttpCode(200)
  async deny(
    @Req() request: Request,
    @Param('id') id: string,
    @Body() body: unknown,
  ): Promise<ApprovalView> {
    const decision = await this.decision(request, id);
    const { reason, round } = denyBody.transform(body, fromBody);
    await this.approvals.deny({ ...decision, remark: reason, round });
    return this.view(decision);
  }

  /** The agent reads it, and may answer with `POST /v1/access-requests/:id/answers` of the ingress. */
  @Post('access-requests/:id/questions')
  @HttpCode(200)
  async ask(
    @Req() request: Request,
    @Param('id') id: string,
    @Body() body: unknown,
  ): Promise<ApprovalView> {
    const decision = await this.decision(request, id);
    const { text, questionId = randomUUID() } = questionBody.transform(body, fromBody);
    await this.approvals.ask({ ...decision, questionId, text });
    return this.view(decision);
  }

  private async decision(request: Request, id: string): Promise<Decision> {
    return decisionOf(request, id, await requireHuman(request, this.verifier));
  }

  private async view({ requestId }: Decision): Promise<ApprovalView> {
    const story = await this.approvals.story(requestId);
    if (story === undefined) throw unknownRequest();
    return this.shown.view(story);
  }
}

function decisionOf(request: Request, id: string, approver: Principal): Decision {
  if (!RequestId.safeParse(id).success) throw unknownRequest();
  return { requestId: id, approver, via: 'http', causationId: requestIdOf(request) };
}

const unknownRequest = (): ApprovalRefused =>
  new ApprovalRefused('approval_unknown', 'there is no access request with this id');
