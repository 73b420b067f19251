import { Body, Controller, HttpCode, Inject, Param, Post, Req } from '@nestjs/common';
import { RequestId, RevokeInput, type ApprovalView } from '@drawbridge/contracts';
import { requestIdOf, ValidBody } from '@drawbridge/runtime';
import { TokenVerifier } from '@drawbridge/token';
import type { Request } from 'express';
import { RevocationRefused } from '../domain/revocation.js';
import { AccessApprovals } from '../nats/access-approvals.js';
import { Revocations } from '../nats/revocations.js';
import { approvalView } from './approval-view.js';
import { requireHuman } from './require-human.js';

const revokeBody = ValidBody(RevokeInput);
const fromBody = { type: 'body' } as const;

/** Ends the grant of one request. Who asks is judged before what is asked. */
@Controller('v1/access-requests')
export class RevocationsController {
  constructor(
    @Inject(TokenVerifier) private readonly verifier: TokenVerifier,
    @Inject(Revocations) private readonly revocations: Revocations,
    @Inject(AccessApprovals) private readonly approvals: AccessApprovals,
  ) {}

  @Post(':id/revoke')
  @HttpCode(200)
  async revoke(
    @Req() request: Request,
    @Param('id') id: string,
    @Body() body: unknown,
  ): Promise<ApprovalView> {
    const by = await requireHuman(request, this.verifier);
    if (!RequestId.safeParse(id).success) throw unknownRequest();
    const { reason } = revokeBody.transform(body, fromBody);
    const causationId = requestIdOf(request);
    await this.revocations.revoke({ requestId: id, by, via: 'http', reason, causationId });
    const story = await this.approvals.story(id);
    if (story === undefined) throw unknownRequest();
    return approvalView(story);
  }
}

const unknownRequest = (): RevocationRefused =>
  new RevocationRefused('approval_unknown', 'there is no access request with this id');
