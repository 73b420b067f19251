import type { ApprovalView } from '@drawbridge/contracts';
import type { RequestStory } from '../domain/request-story.js';
import type { WaitingRequest, WaitingRequests } from '../nats/waiting-requests.js';
import type { StepUpLinks } from '../step-up/start-step-up.js';
import { approvalView } from './approval-view.js';

/** Requests as the API shows them to approvers. */
export class ShownApprovals {
  constructor(
    private readonly waiting: Pick<WaitingRequests, 'list'>,
    private readonly logInAt: StepUpLinks,
  ) {}

  list(): readonly WaitingRequest[] {
    return this.waiting.list();
  }

  view(story: RequestStory): ApprovalView {
    return approvalView(story, this.logInAt(story.id));
  }
}
