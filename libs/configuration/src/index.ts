export { checkConfiguration, type ConfigurationReport } from './check-configuration.js';
export { configurationSchema } from './configuration-schema.js';
export { ConfigurationError } from './configuration-error.js';
export {
  formatProblem,
  type Configuration,
  type ConfigurationKind,
  type ConfigurationProblem,
  type Located,
  type SourcePosition,
} from './configuration.js';
export { loadConfiguration, type LoadOptions } from './load-configuration.js';
export { loadGuardrailTests, type LocatedGuardrailTest } from './load-guardrail-tests.js';
export { compilePattern, type Pattern } from './pattern.js';
export {
  watchConfiguration,
  type ConfigurationWatcher,
  type WatchOptions,
} from './watch-configuration.js';
