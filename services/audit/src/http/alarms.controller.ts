import { Body, Controller, Get, HttpCode, Inject, Param, Post, Req } from '@nestjs/common';
import {
  AlarmReviewInput,
  type AlarmPage,
  type AlarmReviewed,
  type UnseenPage,
} from '@drawbridge/contracts';
import { ValidBody, ValidPath, ValidQuery } from '@drawbridge/runtime';
import type { Request } from 'express';
import { AlarmPath, AlarmQuery, UnseenQuery } from './alarm-filter.js';
import { Alarms } from './alarms.js';
import { AUDITORS } from './audit.controller.js';
import { requireAuditor, type Auditors } from './require-auditor.js';

/** Whether clusters saw what is not on the record, for auditors only. Who asks is judged before what is asked. */
@Controller('v1/audit')
export class AlarmsController {
  constructor(
    @Inject(AUDITORS) private readonly auditors: Auditors,
    @Inject(Alarms) private readonly alarms: Alarms,
  ) {}

  @Get('alarms')
  async list(@Req() request: Request): Promise<AlarmPage> {
    await requireAuditor(request, this.auditors);
    return this.alarms.list(alarmQuery.transform(request.query, { type: 'query' }));
  }

  @Get('unseen')
  async unseen(@Req() request: Request): Promise<UnseenPage> {
    await requireAuditor(request, this.auditors);
    return this.alarms.unseen(unseenQuery.transform(request.query, { type: 'query' }));
  }

  @Post('alarms/:id/review')
  @HttpCode(200)
  async review(
    @Req() request: Request,
    @Param('id') text: string,
    @Body() body: unknown,
  ): Promise<AlarmReviewed> {
    const by = await requireAuditor(request, this.auditors);
    const { id } = alarmPath.transform({ id: text }, { type: 'param' });
    const { comment } = reviewInput.transform(body, { type: 'body' });
    await this.alarms.review({ id, by, comment });
    return { id };
  }
}

const alarmQuery = ValidQuery(AlarmQuery);
const unseenQuery = ValidQuery(UnseenQuery);
const alarmPath = ValidPath(AlarmPath);
const reviewInput = ValidBody(AlarmReviewInput);
