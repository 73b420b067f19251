import {
  Body,
  Controller,
  Delete,
  Get,
  Inject,
  Param,
  Post,
  Query,
  Req,
  Res,
  UseGuards,
} from '@nestjs/common';
import type { Request, Response } from 'express';
import {
  AccessRequestInput,
  AnswerInput,
  ExtensionInput,
  type AccessRequestView,
  type ExplainInput,
  type Explanation,
} from '@drawbridge/contracts';
import { proofOf } from '@drawbridge/token';
import { ValidBody, ValidPath, ValidQuery } from '@drawbridge/runtime';
import { IdenticalRequestOpen, IngressRefused } from '../ingress-refused.js';
import { requireRun } from '../require-run.js';
import { requireStart } from '../require-start.js';
import { Authenticated } from './authenticated.js';
import { askedFor } from './behalf-of.js';
import { callerOf, callOf } from './caller-of.js';
import { countCall, INGRESS, requireCurrent, type Ingress } from './ingress.js';
import { awaitView, isNotModified } from './long-poll.js';
import { pageOf } from './page.js';
import {
  ListQuery,
  parseIdempotencyKey,
  RequestPath,
  WaitQuery,
  type AccessRequestList,
} from './schemas.js';
import { requireFreshLogin } from './require-fresh-login.js';
import { streamView } from './view-stream.js';
import { etagOf } from './view-watch.js';

/** Where agents submit and follow their access requests. */
@Controller('v1/access-requests')
@UseGuards(Authenticated)
export class AccessRequestsController {
  constructor(@Inject(INGRESS) private readonly ingress: Ingress) {}

  @Post()
  async submit(
    @Body(ValidBody(AccessRequestInput)) body: AccessRequestInput,
    @Req() request: Request,
    @Res() response: Response,
  ): Promise<void> {
    const key = idempotencyKeyOf(request);
    requireRun(body, callerOf(request));
    countCall(this.ingress.submissions, { request, response }, this.ingress.clock());
    await requireCurrent(this.ingress);
    const asked = await askedBy(request, body, this.ingress);
    if (body.breakGlass !== undefined) {
      await requireFreshLogin(this.ingress.explain, asked, response);
    }
    const { request: input, behalf, proof } = asked;
    const { view, created } = await this.ingress.requests
      .submit(input, { ...callOf(request), proof, behalf }, key)
      .catch((error: unknown) => {
        if (error instanceof IdenticalRequestOpen) response.location(pathOf(error.requestId));
        throw error;
      });
    response.location(pathOf(view.id)).status(created ? 201 : 200);
    answer(response, view);
  }

  /** Counts like a submission: it makes policy do the same work. */
  @Post('explain')
  async explain(
    @Body(ValidBody(AccessRequestInput)) body: AccessRequestInput,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<Explanation> {
    countCall(this.ingress.submissions, { request, response }, this.ingress.clock());
    requireStart(body, this.ingress.clock());
    requireRun(body, callerOf(request));
    const asked = await askedBy(request, body, this.ingress);
    response.status(200);
    return this.ingress.explain(asked);
  }

  @Get()
  async list(
    @Query(ValidQuery(ListQuery)) query: ListQuery,
    @Req() request: Request,
  ): Promise<AccessRequestList> {
    await requireCurrent(this.ingress);
    return pageOf(this.ingress.requests.own(callerOf(request).principal), query);
  }

  @Get(':id')
  async find(
    @Param(ValidPath(RequestPath)) { id }: RequestPath,
    @Query(ValidQuery(WaitQuery)) query: WaitQuery,
    @Res() response: Response,
  ): Promise<void> {
    const exchange = { request: response.req, response, id };
    await requireCurrent(this.ingress);
    if (wantsEvents(exchange.request)) {
      await streamView(this.ingress, exchange);
      return;
    }
    const view = await awaitView(this.ingress, exchange, query);
    if (isNotModified(exchange, view)) response.setHeader('ETag', etagOf(view)).status(304).end();
    else answer(response, view);
  }

  @Post(':id/answers')
  async answerQuestion(
    @Param(ValidPath(RequestPath)) { id }: RequestPath,
    @Body(ValidBody(AnswerInput)) body: AnswerInput,
    @Res() response: Response,
  ): Promise<void> {
    await requireCurrent(this.ingress);
    const view = await this.ingress.requests.answer(id, body, callOf(response.req));
    answer(response.status(200), view);
  }

  /** Counts like a submission: it makes policy, and perhaps humans, do the same work. */
  @Post(':id/extensions')
  async extend(
    @Param(ValidPath(RequestPath)) { id }: RequestPath,
    @Body(ValidBody(ExtensionInput)) body: ExtensionInput,
    @Res() response: Response,
  ): Promise<void> {
    const request = response.req;
    countCall(this.ingress.submissions, { request, response }, this.ingress.clock());
    await requireCurrent(this.ingress);
    const view = await this.ingress.requests.extend(id, body, callOf(request));
    answer(response.status(202), view);
  }

  @Delete(':id')
  async withdraw(
    @Param(ValidPath(RequestPath)) { id }: RequestPath,
    @Req() request: Request,
    @Res() response: Response,
  ): Promise<void> {
    await requireCurrent(this.ingress);
    answer(response, await this.ingress.requests.withdraw(id, callOf(request)));
  }
}

/** Who asks what, and for whom. Only where nobody approves does the login of whoever asks matter. */
async function askedBy(
  request: Request,
  body: AccessRequestInput,
  ingress: Pick<Ingress, 'verifier'>,
): Promise<ExplainInput> {
  const token = callerOf(request);
  const proof = body.breakGlass === undefined ? undefined : proofOf(token);
  const asked = await askedFor(request, body, ingress);
  return { requester: token.principal, ...asked, ...(proof && { proof }) };
}

const pathOf = (id: string): string => `/v1/access-requests/${id}`;

function answer(response: Response, view: AccessRequestView): void {
  response.setHeader('ETag', etagOf(view)).json(view);
}

/** JSON is the default; a `HEAD` has no stream to follow. */
const wantsEvents = (request: Request): boolean =>
  request.method === 'GET' &&
  request.accepts(['application/json', 'text/event-stream']) === 'text/event-stream';

function idempotencyKeyOf({ headers }: Request): string | undefined {
  const header = headers['idempotency-key'];
  if (header === undefined) return undefined;
  const key = typeof header === 'string' ? parseIdempotencyKey(header) : undefined;
  if (key !== undefined) return key;
  const message = 'expected one Idempotency-Key of 1 to 128 letters, digits or . _ : / + = @ -';
  throw new IngressRefused('idempotency_key_invalid', message);
}
