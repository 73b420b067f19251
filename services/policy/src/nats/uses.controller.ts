import { Controller, Inject } from '@nestjs/common';
import { EventPattern, Payload } from '@nestjs/microservices';
import type { UseEventData } from '@drawbridge/contracts';
import type { RecordedEvent } from '@drawbridge/kernel';
import { PolicyCommands } from '../policy-commands.js';

type Finished = RecordedEvent<{ type: 'CallFinished'; data: UseEventData<'CallFinished'> }>;

/** What the use of a grant means for it. An error brings the event back later. */
@Controller()
export class UsesController {
  constructor(@Inject(PolicyCommands) private readonly commands: PolicyCommands) {}

  @EventPattern('CallFinished')
  onFinished(@Payload() { id, aggregateId, event }: Finished): Promise<void> {
    const { accessRequestId: requestId } = event.data;
    return this.commands.endUsedUp({ requestId, grantId: aggregateId, causationId: id });
  }
}
