import { Body, Controller, HttpCode, Inject, Param, Post, Req } from '@nestjs/common';
import { ExtensionInput, RequestId, type ApprovalView } from '@drawbridge/contracts';
import { requestIdOf, ValidBody } from '@drawbridge/runtime';
import { TokenVerifier } from '@drawbridge/token';
import type { Request } from 'express';
import { OfferRefused } from '../domain/offer-extension.js';
import { AccessApprovals } from '../nats/access-approvals.js';
import { ExtensionOffers } from '../nats/extension-offers.js';
import { approvalView } from './approval-view.js';
import { requireHuman } from './require-human.js';

const extensionBody = ValidBody(ExtensionInput);
const fromBody = { type: 'body' } as const;

/** Asks for more time for the grant of a request. Who asks is judged before what is asked. */
@Controller('v1/access-requests')
export class ExtensionsController {
  constructor(
    @Inject(TokenVerifier) private readonly verifier: TokenVerifier,
    @Inject(ExtensionOffers) private readonly offers: ExtensionOffers,
    @Inject(AccessApprovals) private readonly approvals: AccessApprovals,
  ) {}

  @Post(':id/offer-extension')
  @HttpCode(202)
  async offer(
    @Req() request: Request,
    @Param('id') id: string,
    @Body() body: unknown,
  ): Promise<ApprovalView> {
    const by = await requireHuman(request, this.verifier);
    if (!RequestId.safeParse(id).success) throw unknownRequest();
    const { durationSeconds: seconds, reason } = extensionBody.transform(body, fromBody);
    const causationId = requestIdOf(request);
    await this.offers.offer({ requestId: id, by, via: 'http', seconds, reason, causationId });
    const story = await this.approvals.story(id);
    if (story === undefined) throw unknownRequest();
    return approvalView(story);
  }
}

const unknownRequest = (): OfferRefused =>
  new OfferRefused('approval_unknown', 'there is no access request with this id');
