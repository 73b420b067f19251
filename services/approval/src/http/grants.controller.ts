import { Controller, Get, Inject, Query, Req } from '@nestjs/common';
import { ConnectionName, principalId, type OpenGrantsView } from '@drawbridge/contracts';
import { ValidQuery } from '@drawbridge/runtime';
import { TokenVerifier } from '@drawbridge/token';
import type { Request } from 'express';
import { z } from 'zod';
import { maySeeGrant } from '../domain/may-see-grant.js';
import { OpenGrants, type GrantedStory } from '../nats/open-grants.js';
import { APPROVAL_CLOCK, type ApprovalClock } from './approval-clock.js';
import { grantView } from './grant-view.js';
import { requireHuman } from './require-human.js';
import { WaitingQuery } from './waiting-query.js';

const GrantsQuery = WaitingQuery.extend({
  /** Subject, or issuer and subject as `<issuer>#<subject>`. */
  agent: z.string().min(1).max(2400).optional(),
  connection: ConnectionName.optional(),
});
type GrantsQuery = z.infer<typeof GrantsQuery>;
const grantsQuery = ValidQuery(GrantsQuery);
const fromQuery = { type: 'query' } as const;

/** Grants that are open, for the humans who may know of them. Who asks is judged before what is asked. */
@Controller('v1/grants')
export class GrantsController {
  constructor(
    @Inject(TokenVerifier) private readonly verifier: TokenVerifier,
    @Inject(OpenGrants) private readonly grants: OpenGrants,
    @Inject(APPROVAL_CLOCK) private readonly clock: ApprovalClock,
  ) {}

  @Get()
  async list(@Req() request: Request, @Query() query: unknown): Promise<OpenGrantsView> {
    const human = await requireHuman(request, this.verifier);
    const asked = grantsQuery.transform(query, fromQuery);
    const items = this.grants
      .list(this.clock())
      .filter((story) => isAskedFor(story, asked) && maySeeGrant(human, story));
    return { items: items.slice(0, asked.limit).map(grantView), total: items.length };
  }
}

const isAskedFor = (
  { requester, terms }: GrantedStory,
  { agent, connection }: GrantsQuery,
): boolean =>
  (agent === undefined || agent === requester.subject || agent === principalId(requester)) &&
  (connection === undefined || connection === terms.connection);
