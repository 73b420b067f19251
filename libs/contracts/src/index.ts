export {
  AccessEvent,
  AccessRequestInput,
  AccessTerms,
  ApprovalRequirement,
  ConnectionName,
  Cut,
  Instant,
  PolicyReference,
  RequestId,
  Risk,
  writerOf,
  type AccessEventData,
  type AccessEventType,
  type ServiceName,
} from './access-request.js';
export { AccessRequestView, AccessStatus, DrawbridgeDiscovery, Problem } from './access-view.js';
export {
  AuditCommand,
  AuditCommandPage,
  AuditEvent,
  AuditEventPage,
  AuditHoldEvent,
  AuditHoldEventPage,
  CommandOutcome,
} from './audit-view.js';
export { AnswerMasking, PortForwarding } from './answer-masking.js';
export {
  ApprovalStep,
  approverGroupsOf,
  Escalation,
  HumanStep,
  StepsRequirement,
  StepUp,
  StepUpProof,
  TicketStep,
} from './approval-steps.js';
export {
  ApprovalStepView,
  ApprovalView,
  ApproveInput,
  DenyInput,
  WaitingApprovals,
} from './approval-view.js';
export { ClusterIdentity } from './cluster-identity.js';
export {
  ClusterCredential,
  type CredentialOfType,
  type MaterialSource,
  type SecretReference,
} from './cluster-credential.js';
export {
  CommandDecision,
  CommandRecord,
  FileTransferRecord,
  RecordedRule,
} from './command-record.js';
export { ConnectorAccess } from './connector-access.js';
export {
  ActionDocument,
  ConfigurationDocument,
  ConnectionDocument,
  GuardrailDocument,
  HumanDocument,
  IssuerDocument,
  PolicyDocument,
} from './configuration.js';
export {
  ExecMatch,
  GuardrailAction,
  GuardrailApprovers,
  GuardrailMatch,
  GuardrailRule,
  GuardrailSpec,
  TimeWindow,
} from './guardrail.js';
export {
  HeldCall,
  HoldApprovers,
  HoldCancelReason,
  HoldEffect,
  HoldEvent,
  HoldId,
  holdWriterOf,
  type HoldEventData,
  type HoldEventType,
} from './hold.js';
export { HoldStatus, HoldView, WaitingHolds } from './hold-view.js';
export { Principal, principalId } from './principal.js';
export { RequestedScope, Rule, Rules, type ResourceAttributes } from './scope.js';
export {
  ClaimMapping,
  ClaimPointer,
  PrincipalKindRule,
  SigningAlgorithm,
  TrustBundle,
  TrustedIssuer,
} from './trust-bundle.js';
