export { JsonScanner, type ScannerOptions } from './json-scanner.js';
export { JsonStreamError, MAX_DEPTH, type JsonStreamFault } from './json-stream-error.js';
export type { Field, Path, Rule, Verdict } from './rule.js';
export { ruleTree, type RuleNode } from './rule-tree.js';
