export { closeOnFailure, Closers } from './closers.js';
export { commonConfig, natsOptions, port, type NatsConfig } from './common-config.js';
export {
  createHttpApp,
  HttpNotStarted,
  startHttpApp,
  type HttpAppOptions,
} from './create-http-app.js';
export { createLogger, type LoggerOptions } from './create-logger.js';
export type { HealthChecks, HealthFigures } from './health.js';
export { ConfigInvalid, loadConfig, readSecretFile, type ConfigProblem } from './load-config.js';
export { ProblemFilter } from './problem-filter.js';
export { problemOf, type StatusTable } from './problem-of.js';
export { requestIdOf } from './request-id.js';
export { RequestRefused, type FieldError, type RequestRefusal } from './request-refused.js';
export { requirePrincipal } from './require-principal.js';
export { runService, type StartService } from './run-service.js';
export type { RunningService } from './running-service.js';
export { scrub, scrubText } from './scrub.js';
export { sendProblem } from './send-problem.js';
export { uuidV7 } from './uuid-v7.js';
export { ValidBody, ValidPath, ValidQuery } from './valid-input.js';
