import { Module } from '@nestjs/common';

/** Nothing but the health endpoints: what is served goes another way. */
@Module({})
export class ConnectorModule {}
