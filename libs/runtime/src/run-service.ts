import type { EventEmitter } from 'node:events';
import type { LoggerService } from '@nestjs/common';
import { AppError, codeOf } from '@drawbridge/kernel';
import { createLogger } from './create-logger.js';
import type { RunningService } from './running-service.js';

/** sysexits.h EX_CONFIG: settings are wrong, starting again will not help. */
const EXIT_CONFIG = 78;
const EXIT_FAILURE = 1;
/** Of Node.js. An older one starts, and fails at the first call. */
const OLDEST_NODE = 24;
const CLOSE_MS = 25_000;

export type StartService = (
  env: NodeJS.ProcessEnv,
  logger: LoggerService,
) => Promise<RunningService>;

/**
 * The whole `main.ts` of a service. Exit codes: 0 after SIGTERM or SIGINT, 78 for bad configuration (every
 * bad variable logged), 1 for anything else, including an unhandled rejection.
 */
export function runService(name: string, start: StartService): void {
  // The one place outside main.ts that touches the environment: it hands it to the service.
  // eslint-disable-next-line no-restricted-properties
  const env = process.env;
  const level = logLevelOf(env['LOG_LEVEL']);
  const logger = createLogger(name, { level });
  supervise({
    name,
    start,
    env,
    logger,
    nodeVersion: process.versions.node,
    signals: process,
    exit: (code) => {
      process.exit(code);
    },
  });
}

const levels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace'] as const;
/** A bad level is reported with the other bad variables; until then the default serves. */
const logLevelOf = (text: string | undefined) => levels.find((level) => level === text) ?? 'info';

export interface Supervision {
  readonly name: string;
  readonly start: StartService;
  readonly env: NodeJS.ProcessEnv;
  readonly logger: LoggerService;
  /** As `process.versions.node` says it. */
  readonly nodeVersion: string;
  /** Emits `SIGTERM`, `SIGINT`, `unhandledRejection`, `uncaughtException`. */
  readonly signals: Pick<EventEmitter, 'on'>;
  readonly exit: (code: number) => void;
}

/** {@link runService} with its surroundings passed in. */
export function supervise(supervision: Supervision): void {
  const { name, env, logger, signals, exit } = supervision;
  let stopping = false;
  const crash = (error: unknown) => {
    logger.fatal?.({ msg: 'crashed', err: error });
    exit(EXIT_FAILURE);
  };
  signals.on('unhandledRejection', crash);
  signals.on('uncaughtException', crash);

  const started = begin(supervision, env, logger);
  started.then(
    ({ addresses }) => {
      logger.log({ msg: `${name} started`, addresses });
    },
    (error: unknown) => {
      exit(reportFailedStart(logger, error));
    },
  );
  const stop = (signal: string) => {
    if (stopping) {
      logger.warn({ msg: 'second signal: ending at once', signal });
      exit(EXIT_FAILURE);
      return;
    }
    stopping = true;
    logger.log({ msg: 'stopping', signal });
    void closeInTime(started, logger).then(exit);
  };
  signals.on('SIGTERM', () => stop('SIGTERM'));
  signals.on('SIGINT', () => stop('SIGINT'));
}

/** A start that throws before it waits for anything, as `loadConfig` does, has failed like any other. */
function begin(
  { start, nodeVersion }: Pick<Supervision, 'start' | 'nodeVersion'>,
  ...args: Parameters<StartService>
): Promise<RunningService> {
  try {
    requireNode(nodeVersion);
    return start(...args);
  } catch (error) {
    return Promise.reject(error instanceof Error ? error : new Error(String(error)));
  }
}

function requireNode(version: string): void {
  if (Number.parseInt(version, 10) >= OLDEST_NODE) return;
  const needed = `Node.js ${OLDEST_NODE} or newer is needed`;
  throw new AppError('runtime_too_old', `${process.execPath} is version ${version}; ${needed}`);
}

/** What runs it, the environment, or the YAML documents that this names. */
const settingsCodes: ReadonlySet<string> = new Set([
  'config_invalid',
  'configuration_invalid',
  'runtime_too_old',
]);

function reportFailedStart(logger: LoggerService, error: unknown): number {
  const code = codeOf(error);
  if (error instanceof Error && code !== undefined && settingsCodes.has(code)) {
    logger.fatal?.({ msg: error.message, code });
    return EXIT_CONFIG;
  }
  logger.fatal?.({ msg: 'could not start', err: error });
  return EXIT_FAILURE;
}

async function closeInTime(
  started: Promise<RunningService>,
  logger: LoggerService,
): Promise<number> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`not closed after ${CLOSE_MS} ms`)), CLOSE_MS);
  });
  try {
    await Promise.race([started.then((service) => service.close()), late]);
    logger.log({ msg: 'stopped' });
    return 0;
  } catch (error) {
    logger.error({ msg: 'did not stop cleanly', err: error });
    return EXIT_FAILURE;
  } finally {
    clearTimeout(timer);
  }
}
