export type { FactName } from './cel/cel-environment.js';
export { checkGuardrail, type GuardrailProblem } from './check-guardrail.js';
export type { Doubt } from './compiled-condition.js';
export { fileTransfersOf, type FileTransfer } from './exec/file-transfer.js';
export type { ShellRedirect, ShellWord } from './exec/shell-script.js';
export { unfoldArgv, type ExecCommand, type UnfoldedArgv } from './exec/unfold-argv.js';
export type { GuardDecision, MatchedRule } from './guard-decision.js';
export type {
  BodyFacts,
  GuardedAgent,
  GuardedCall,
  GuardedConnection,
  GuardedExec,
  GuardedGrant,
  GuardedPathRequest,
  GuardedRequest,
  GuardedResourceRequest,
} from './guarded-call.js';
export { GuardrailInvalid } from './guardrail-invalid.js';
export { compileGuardrails, type Guardrails, type Judgement } from './guardrails.js';
export { guardrailsVersion } from './guardrails-version.js';
export { factsLookedAt, type LookedAt } from './facts-looked-at.js';
export { callOf } from './tests/call-of.js';
export { DescribedCall, GuardrailTest } from './tests/guardrail-test.js';
export {
  coverageOf,
  decide,
  runGuardrailTest,
  type CaseResult,
  type TestCoverage,
} from './tests/run-guardrail-test.js';
