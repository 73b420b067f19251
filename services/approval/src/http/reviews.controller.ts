import { Body, Controller, Get, HttpCode, Inject, Param, Post, Query, Req } from '@nestjs/common';
import {
  CompleteReviewInput,
  RequestId,
  type OpenReviewsView,
  type ReviewView,
} from '@drawbridge/contracts';
import { requestIdOf, ValidBody, ValidQuery } from '@drawbridge/runtime';
import { TokenVerifier } from '@drawbridge/token';
import type { Request } from 'express';
import { mayReview, unknownReview } from '../domain/review.js';
import { OpenReviews } from '../nats/open-reviews.js';
import { Reviews } from '../nats/reviews.js';
import { requireHuman } from './require-human.js';
import { reviewView } from './review-view.js';
import { WaitingQuery } from './waiting-query.js';

const reviewsQuery = ValidQuery(WaitingQuery);
const completeBody = ValidBody(CompleteReviewInput);
const fromQuery = { type: 'query' } as const;
const fromBody = { type: 'body' } as const;

/** What was done without an approver, for the humans who say whether it was justified. Who asks is judged before what is asked. */
@Controller('v1/reviews')
export class ReviewsController {
  constructor(
    @Inject(TokenVerifier) private readonly verifier: TokenVerifier,
    @Inject(OpenReviews) private readonly open: OpenReviews,
    @Inject(Reviews) private readonly reviews: Reviews,
  ) {}

  @Get()
  async list(@Req() request: Request, @Query() query: unknown): Promise<OpenReviewsView> {
    const human = await requireHuman(request, this.verifier);
    const { limit } = reviewsQuery.transform(query, fromQuery);
    const items = this.open
      .list()
      .filter(({ requester, review }) => mayReview(human, requester, review.groups));
    const views = items.slice(0, limit).flatMap((story) => reviewView(story) ?? []);
    return { items: views, total: items.length };
  }

  @Post(':id/complete')
  @HttpCode(200)
  async complete(
    @Req() request: Request,
    @Param('id') id: string,
    @Body() body: unknown,
  ): Promise<ReviewView> {
    const by = await requireHuman(request, this.verifier);
    if (!RequestId.safeParse(id).success) throw unknownReview();
    const said = completeBody.transform(body, fromBody);
    const causationId = requestIdOf(request);
    await this.reviews.complete({ requestId: id, by, via: 'http', ...said, causationId });
    const story = await this.reviews.story(id);
    const view = story && reviewView(story);
    if (view === undefined) throw unknownReview();
    return view;
  }
}
