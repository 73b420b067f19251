import { Module, type DynamicModule } from '@nestjs/common';
import { AccessEventsController } from './nats/access-events.controller.js';
import { UsesController } from './nats/uses.controller.js';
import { PolicyCommands } from './policy-commands.js';

@Module({})
export class PolicyModule {
  static with(commands: PolicyCommands): DynamicModule {
    return {
      module: PolicyModule,
      controllers: [AccessEventsController, UsesController],
      providers: [{ provide: PolicyCommands, useValue: commands }],
    };
  }
}
