import { Controller, Get, Inject, Req, Res, StreamableFile } from '@nestjs/common';
import type { UnusedPage } from '@drawbridge/contracts';
import { ValidQuery } from '@drawbridge/runtime';
import type { Request, Response } from 'express';
import type { z } from 'zod';
import { activity } from '../clickhouse/questions/activity.js';
import { approvalsByPerson } from '../clickhouse/questions/approvals-by-person.js';
import { approvalsByRequest } from '../clickhouse/questions/approvals-by-request.js';
import { blockedByRule, blockedCalls } from '../clickhouse/questions/blocked.js';
import { offHours, offHoursCalls } from '../clickhouse/questions/off-hours.js';
import { touched } from '../clickhouse/questions/touched.js';
import { AuditQuestions, type Asked, type Page } from './audit-questions.js';
import {
  ActivityFilter,
  ApprovalsFilter,
  BlockedFilter,
  OffHoursFilter,
  SessionDiffFilter,
  TouchedFilter,
  UnusedFilter,
  type QuestionFilter,
} from './question-filter.js';
import { Readers } from './require-reader.js';

type Answer<Row> = Promise<Page<Row> | StreamableFile>;

/** What people ask of the record, in one call each. Who asks is judged before what is asked. */
@Controller('v1/audit')
export class QuestionsController {
  constructor(
    @Inject(Readers) private readonly readers: Readers,
    @Inject(AuditQuestions) private readonly questions: AuditQuestions,
  ) {}

  @Get('touched')
  touched(@Req() request: Request, @Res({ passthrough: true }) response: Response) {
    return this.#answer({ request, response, filter: TouchedFilter }, (filter) => ({
      filter,
      name: 'touched',
      question: touched,
    }));
  }

  @Get('activity')
  activity(@Req() request: Request, @Res({ passthrough: true }) response: Response) {
    return this.#answer({ request, response, filter: ActivityFilter }, (filter) => ({
      filter,
      name: 'activity',
      days: 7,
      question: activity,
    }));
  }

  @Get('blocked')
  blocked(@Req() request: Request, @Res({ passthrough: true }) response: Response) {
    return this.#answer<BlockedFilter, unknown>(
      { request, response, filter: BlockedFilter },
      (filter) => ({
        filter,
        name: 'blocked',
        days: 7,
        question: filter.by === 'rule' ? blockedByRule : blockedCalls,
      }),
    );
  }

  @Get('off-hours')
  offHours(@Req() request: Request, @Res({ passthrough: true }) response: Response) {
    return this.#answer<OffHoursFilter, unknown>(
      { request, response, filter: OffHoursFilter },
      (filter) => ({
        filter,
        name: 'off-hours',
        days: 7,
        question: filter.by === 'agent' ? offHours : offHoursCalls,
      }),
    );
  }

  @Get('diff')
  async diff(@Req() request: Request, @Res({ passthrough: true }) response: Response) {
    const reader = await this.readers.require(request);
    const filter = diffFilter.transform(request.query, { type: 'query' });
    const answer = await this.questions.diff(reader, filter);
    endWith(response, answer);
    return answer;
  }

  @Get('approvals')
  approvals(@Req() request: Request, @Res({ passthrough: true }) response: Response) {
    return this.#answer<ApprovalsFilter, unknown>(
      { request, response, filter: ApprovalsFilter },
      (filter) => ({
        filter,
        name: 'approvals',
        days: 30,
        question: filter.by === 'person' ? approvalsByPerson : approvalsByRequest,
      }),
    );
  }

  @Get('unused')
  async unused(
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<UnusedPage | StreamableFile> {
    const reader = await this.readers.require(request);
    const filter = unusedFilter.transform(request.query, { type: 'query' });
    const answer = await this.questions.unused({ reader, filter });
    endWith(response, answer);
    return answer;
  }

  async #answer<Filter extends QuestionFilter, Row>(
    { request, response, filter: schema }: Call<Filter>,
    asked: (filter: Filter) => Omit<Asked<Filter, Row>, 'reader'>,
  ): Answer<Row> {
    const reader = await this.readers.require(request);
    const filter = ValidQuery(schema).transform(request.query, { type: 'query' });
    const answer = await this.questions.answer({ ...asked(filter), reader });
    endWith(response, answer);
    return answer;
  }
}

const diffFilter = ValidQuery(SessionDiffFilter);
const unusedFilter = ValidQuery(UnusedFilter);

interface Call<Filter> {
  readonly request: Request;
  readonly response: Response;
  readonly filter: z.ZodType<Filter>;
}

/** Who goes away in the middle of an answer frees its place at once. */
export function endWith(response: Response, answer: unknown): void {
  if (!(answer instanceof StreamableFile)) return;
  const stream = answer.getStream();
  if (response.destroyed) stream.destroy();
  else response.once('close', () => stream.destroy());
}
