import type { LoggerService } from '@nestjs/common';
import { pino, type DestinationStream, type Level } from 'pino';
import { scrub, scrubText } from './scrub.js';

export interface LoggerOptions {
  /** @default 'info' */
  readonly level?: Level;
  /** Where lines go. @default standard output, written synchronously so that a crash loses none */
  readonly destination?: DestinationStream;
}

/**
 * A JSON line logger for a service and for Nest. Log an object with `msg`, or a text; secrets are replaced by
 * name and by look before anything is written.
 */
export function createLogger(service: string, options: LoggerOptions = {}): LoggerService {
  const destination = options.destination ?? pino.destination({ fd: 1, sync: true });
  const lines = pino(
    {
      base: { service },
      level: options.level ?? 'info',
      timestamp: pino.stdTimeFunctions.isoTime,
      // pino's own would read the error a second time; what arrives here is already plain.
      serializers: { err: (error: unknown) => error },
      formatters: { level: (label) => ({ level: label }) },
    },
    destination,
  );
  const write =
    (level: Level) =>
    (message: unknown, ...rest: unknown[]): void => {
      if (lines.isLevelEnabled(level)) lines[level](lineOf(message, rest));
    };
  return {
    log: write('info'),
    error: write('error'),
    warn: write('warn'),
    debug: write('debug'),
    verbose: write('trace'),
    fatal: write('fatal'),
  };
}

/** Nest calls `(message, context)` and, for errors, `(message, stack, context)`. */
function lineOf(message: unknown, rest: readonly unknown[]): object {
  const texts = rest.filter((item) => typeof item === 'string').map(scrubText);
  const context = texts.at(-1);
  const stack = texts.length > 1 ? texts[0] : undefined;
  const details = rest.filter((item) => typeof item === 'object' && item !== null).map(scrub);
  return {
    ...fieldsOf(message),
    ...(context === undefined ? {} : { context }),
    ...(stack === undefined ? {} : { stack }),
    ...(details.length === 0 ? {} : { details }),
  };
}

/** What the line itself says stays ours: a field of the same name gets a line under it. */
function ownFields(fields: unknown): object {
  if (typeof fields !== 'object' || fields === null) return { msg: fields };
  const renamed = Object.entries(fields).map(([name, value]): [string, unknown] =>
    ['level', 'time', 'service'].includes(name) ? [`${name}_`, value] : [name, value],
  );
  return Object.fromEntries(renamed);
}

function fieldsOf(message: unknown): object {
  if (message instanceof Error) return { msg: scrubText(message.message), err: scrub(message) };
  if (typeof message === 'object' && message !== null && !Array.isArray(message)) {
    return ownFields(scrub(message));
  }
  return { msg: scrubText(String(message)) };
}
