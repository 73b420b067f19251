import type { LoggerService } from '@nestjs/common';
import type { SinkTarget } from '@drawbridge/contracts';
import type { Clock } from '@drawbridge/kernel';
import { OtlpSink } from './otlp-sink.js';
import { S3Sink } from './s3-sink.js';
import type { Sink } from './sink.js';
import { SyslogSink } from './syslog-sink.js';

export interface SinkSurroundings {
  readonly clock: Clock;
  readonly logger: LoggerService;
}

/** The adapter for a target. */
export function makeSink(target: SinkTarget, surroundings: SinkSurroundings): Sink {
  switch (target.type) {
    case 'otlp':
      return new OtlpSink(target, surroundings);
    case 'syslog':
      return new SyslogSink(target);
    case 's3':
      return new S3Sink(target);
  }
}
