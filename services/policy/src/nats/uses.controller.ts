import { Controller, Inject } from '@nestjs/common';
import { EventPattern, Payload } from '@nestjs/microservices';
import type { UseEventData, UseEventType } from '@drawbridge/contracts';
import type { RecordedEvent } from '@drawbridge/kernel';
import { PolicyCommands } from '../policy-commands.js';

type Recorded<Type extends UseEventType> = RecordedEvent<{ data: UseEventData<Type> }>;

/** What the use of a grant means for it. An error brings the event back later. */
@Controller()
export class UsesController {
  constructor(@Inject(PolicyCommands) private readonly commands: PolicyCommands) {}

  @EventPattern('CallFinished')
  onFinished(@Payload() { id, aggregateId, event }: Recorded<'CallFinished'>): Promise<void> {
    const { accessRequestId: requestId } = event.data;
    return this.commands.endUsedUp({ requestId, grantId: aggregateId, causationId: id });
  }

  @EventPattern('GrantGroupLost')
  onGroupLost(@Payload() { id, event }: Recorded<'GrantGroupLost'>): Promise<void> {
    const { accessRequestId: requestId, tokenIssuedAt } = event.data;
    return this.commands.takeFromLeaver({ requestId, tokenIssuedAt, causationId: id });
  }
}
