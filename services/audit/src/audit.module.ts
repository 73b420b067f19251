import { Module, type DynamicModule } from '@nestjs/common';
import { AUDITORS, AuditController } from './http/audit.controller.js';
import { AuditQueries } from './http/audit-queries.js';
import type { Auditors } from './http/require-auditor.js';

export interface AuditParts {
  readonly auditors: Auditors;
  readonly queries: AuditQueries;
}

@Module({})
export class AuditModule {
  static with({ auditors, queries }: AuditParts): DynamicModule {
    return {
      module: AuditModule,
      controllers: [AuditController],
      providers: [
        { provide: AUDITORS, useValue: auditors },
        { provide: AuditQueries, useValue: queries },
      ],
    };
  }
}
