export { JsonScanner, type ScannerOptions } from './json-scanner.js';
export { JsonStreamError, MAX_DEPTH, type JsonStreamFault } from './json-stream-error.js';
export {
  MAX_VALUE_BYTES,
  textOf,
  type Digest,
  type LongerValues,
  type Rewrite,
  type Scalar,
  type ShortValues,
} from './rewrite.js';
export type { Field, Path, Rule, Verdict } from './rule.js';
export { ruleTree, type RuleNode } from './rule-tree.js';
export type { Slice } from './text-buffer.js';
export { LISTENER_AT } from './skim-memory.js';
export { skimMemory, type SharedMemory } from './skimmer.js';
