import { Module, type DynamicModule } from '@nestjs/common';
import { AUDITORS, AuditController } from './http/audit.controller.js';
import { AuditQueries } from './http/audit-queries.js';
import { SessionBundles } from './bundle/session-bundles.js';
import { SessionStories } from './http/session-stories.js';
import { SessionsController } from './http/sessions.controller.js';
import { AuditQuestions } from './http/audit-questions.js';
import { QuestionsController } from './http/questions.controller.js';
import { BodyArchive } from './bodies/body-archive.js';
import { BodiesController } from './http/bodies.controller.js';
import { ProofsController } from './http/proofs.controller.js';
import { CommandProofs } from './integrity/command-proofs.js';
import { IntegrityController } from './http/integrity.controller.js';
import { RecordSearch } from './search/record-search.js';
import { SearchController } from './http/search.controller.js';
import { RecordingsController } from './http/recordings.controller.js';
import { Recordings } from './http/recordings.js';
import { RebuiltRecord } from './integrity/rebuilt-record.js';
import { SealedRecord } from './nats/sealed-record.js';
import { Alarms } from './http/alarms.js';
import { AlarmsController } from './http/alarms.controller.js';
import {
  CLUSTER_LOGS,
  ClusterAuditController,
  type ClusterLogs,
} from './http/cluster-audit.controller.js';
import type { Auditors } from './http/require-auditor.js';
import { Readers } from './http/require-reader.js';
import { SINKS, SinksController } from './http/sinks.controller.js';
import type { Sinks } from './sinks/sinks.js';

export interface AuditParts {
  readonly auditors: Auditors;
  readonly readers: Readers;
  readonly queries: AuditQueries;
  readonly stories: SessionStories;
  readonly bundles: SessionBundles;
  readonly questions: AuditQuestions;
  readonly search: RecordSearch;
  readonly bodies: BodyArchive;
  readonly sealed: SealedRecord;
  readonly sinks: Pick<Sinks, 'views' | 'parked' | 'records'>;
  readonly recordings: Recordings;
  readonly alarms: Alarms;
  readonly clusterLogs: ClusterLogs;
  readonly rebuilt: RebuiltRecord;
  readonly proofs: CommandProofs;
}

@Module({})
export class AuditModule {
  static with(parts: AuditParts): DynamicModule {
    const { auditors, readers, queries, stories, bundles, questions, bodies, sealed } = parts;
    const { sinks, recordings, search } = parts;
    const { alarms, clusterLogs, rebuilt, proofs } = parts;
    return {
      module: AuditModule,
      controllers: [
        AuditController,
        SessionsController,
        QuestionsController,
        SearchController,
        RecordingsController,
        BodiesController,
        ProofsController,
        IntegrityController,
        SinksController,
        AlarmsController,
        ClusterAuditController,
      ],
      providers: [
        { provide: AUDITORS, useValue: auditors },
        { provide: Readers, useValue: readers },
        { provide: AuditQueries, useValue: queries },
        { provide: SessionStories, useValue: stories },
        { provide: SessionBundles, useValue: bundles },
        { provide: AuditQuestions, useValue: questions },
        { provide: RecordSearch, useValue: search },
        { provide: BodyArchive, useValue: bodies },
        { provide: SealedRecord, useValue: sealed },
        { provide: SINKS, useValue: sinks },
        { provide: Recordings, useValue: recordings },
        { provide: Alarms, useValue: alarms },
        { provide: CLUSTER_LOGS, useValue: clusterLogs },
        { provide: RebuiltRecord, useValue: rebuilt },
        { provide: CommandProofs, useValue: proofs },
      ],
    };
  }
}
