import { Controller, Inject } from '@nestjs/common';
import { EventPattern, Payload } from '@nestjs/microservices';
import type { AccessEvent } from '@drawbridge/contracts';
import type { RecordedEvent } from '@drawbridge/kernel';
import { PolicyCommands } from '../policy-commands.js';

type Recorded = RecordedEvent<AccessEvent>;

/** Which events make policy act. An error brings the event back later. */
@Controller()
export class AccessEventsController {
  constructor(@Inject(PolicyCommands) private readonly commands: PolicyCommands) {}

  @EventPattern('AccessRequested')
  onRequested(@Payload() event: Recorded): Promise<void> {
    return this.commands.judge(occasionOf(event));
  }

  /** Where nobody has to approve, the grant follows at once. */
  @EventPattern('AccessRequestValidated')
  onValidated(@Payload() event: Recorded): Promise<void> {
    return this.commands.issue(occasionOf(event));
  }

  @EventPattern('AccessRequestApproved')
  onApproved(@Payload() event: Recorded): Promise<void> {
    return this.commands.issue(occasionOf(event));
  }

  @EventPattern('ApprovalVoided')
  onVoided(@Payload() event: Recorded): Promise<void> {
    return this.commands.endUnapprovable(occasionOf(event));
  }

  @EventPattern('ExtensionRequested')
  onExtensionRequested(@Payload() event: Recorded): Promise<void> {
    return this.commands.judgeExtension(occasionOf(event));
  }

  @EventPattern('ExtensionOffered')
  onExtensionOffered(@Payload() event: Recorded): Promise<void> {
    return this.commands.judgeExtension(occasionOf(event));
  }

  /** Where nobody has to approve, more time follows at once. */
  @EventPattern('ExtensionValidated')
  onExtensionValidated(@Payload() event: Recorded): Promise<void> {
    return this.commands.extend(occasionOf(event));
  }

  @EventPattern('ExtensionApproved')
  onExtensionApproved(@Payload() event: Recorded): Promise<void> {
    return this.commands.extend(occasionOf(event));
  }

  @EventPattern('RevocationOrdered')
  onRevocationOrdered(@Payload() event: Recorded): Promise<void> {
    return this.commands.takeBack(occasionOf(event));
  }

  @EventPattern('AccessRequestWithdrawn')
  onWithdrawn(@Payload() event: Recorded): Promise<void> {
    return this.commands.takeBack(occasionOf(event));
  }
}

function occasionOf({ aggregateId, id }: Recorded) {
  return { requestId: aggregateId, causationId: id };
}
