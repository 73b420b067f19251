export {
  AccessEvent,
  writerOf,
  type AccessEventData,
  type AccessEventType,
} from './access-event.js';
export { endsGrant, grantEnds } from './ends-grant.js';
export {
  AccessRequestInput,
  AccessTerms,
  Alternative,
  ConditionFact,
  ConnectionName,
  Cut,
  ExtensionInput,
  ExtensionRound,
  Instant,
  MAX_ROUNDS,
  PolicyReference,
  RequestId,
  Risk,
  RiskFactor,
  RunId,
} from './access-terms.js';
export {
  AccessRequestView,
  AccessStatus,
  DrawbridgeDiscovery,
  ExtensionStatus,
  ExtensionView,
  Problem,
} from './access-view.js';
export {
  alarmEventTypes,
  AuditTrailEvent,
  auditWriterOf,
  isAlarmType,
  SeenCall,
  UnrecordedReason,
  ViewedHow,
  type AuditTrailEventData,
  type AuditTrailEventType,
} from './audit-events.js';
export {
  AuditCommand,
  AuditCommandPage,
  AuditEvent,
  AuditEventPage,
  AuditHoldEvent,
  AuditHoldEventPage,
  AuditStopEvent,
  AuditStopEventPage,
  AuditTrailItem,
  AuditTrailPage,
  CommandOutcome,
} from './audit-view.js';
export {
  NoChangesKnown,
  SessionStory,
  StoryCall,
  StoryChange,
  StoryChanges,
  StoryHoldMoment,
  StoryMoment,
  StoryRecording,
  StoryTotals,
} from './session-story.js';
export {
  ActivityRow,
  ApprovalRow,
  ApproverRow,
  BlockedKind,
  BlockedRow,
  CallRow,
  NarrowerScope,
  OffHoursRow,
  questionPage,
  SessionDiffRow,
  TouchedRow,
  UnusedPage,
  UnusedRow,
} from './audit-questions.js';
export {
  SearchPage,
  SearchPlace,
  SearchRow,
  Unsearched,
  UnsearchedReason,
} from './audit-search.js';
export { CommandProof, proofText, ProvenLine } from './command-proof.js';
export {
  CheckpointPage,
  CheckpointView,
  IntegrityKeys,
  KeyStatement,
  MAX_SEALED_GAPS,
  MAX_SEALED_MESSAGES,
  RebuiltMessage,
  RebuiltMessagePage,
  Seal,
  SealPage,
  CheckpointTimestamp,
  TimestampPage,
  StoredLine,
  StreamMessage,
  StreamMessagePage,
} from './integrity-view.js';
export { ExportManifest } from './export-manifest.js';
export { AuditBodies, AuditBody } from './audit-body.js';
export {
  AlarmPage,
  AlarmReviewed,
  AlarmReviewInput,
  AlarmView,
  UnseenCommand,
  UnseenPage,
  CallAlarmView,
  SealingAlarmView,
} from './alarm-view.js';
export { ClusterAudit } from './cluster-audit.js';
export { AnswerMasking, PortForwarding } from './answer-masking.js';
export {
  BREAK_GLASS_REASON_LENGTH,
  BreakGlassTerms,
  MAX_TOLD_GROUPS,
  REVIEW_REMINDER_MS,
  ReviewVerdict,
} from './break-glass.js';
export { ApprovedVia } from './approval-events.js';
export { ApprovalRequirement } from './approval-requirement.js';
export {
  ApprovalStep,
  approverGroupsOf,
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
  RevokeInput,
  WaitingApprovals,
} from './approval-view.js';
export { CallRecording } from './call-recording.js';
export { ClusterIdentity } from './cluster-identity.js';
export {
  ClusterCredential,
  type CredentialOfType,
  type MaterialSource,
  type SecretReference,
} from './cluster-credential.js';
export { BodyCut, BodyDirection, BodyObject, CommandBody } from './command-body.js';
export {
  CommandDecision,
  CommandRecord,
  ArchivedFileRecord,
  ArchiveRecord,
  FileTransferRecord,
  PortFlowRecord,
  RecordedRule,
} from './command-record.js';
export {
  MAX_NAMES,
  NamesAnswer,
  NamesQuestion,
  NamesRefusal,
  type NamesLookup,
} from './cluster-names.js';
export { ConnectorAccess } from './connector-access.js';
export { ActionDocument } from './action-document.js';
export { ConfigurationDocument, GuardrailDocument } from './configuration.js';
export { ConnectionDocument } from './connection-document.js';
export { AnswerInput, MAX_QUESTIONS, QuestionInput, QuestionView } from './question.js';
export { AgentSwitchInput, DisabledAgentsView } from './disabled-agents-view.js';
export { CompleteReviewInput, OpenReviewsView, ReviewView } from './review-view.js';
export { GrantView, OpenGrantsView } from './grant-view.js';
export { isTimeZone } from './document.js';
export { ExplainInput, Explanation } from './explanation.js';
export {
  SessionChunk,
  SessionFrame,
  SessionFrameCode,
  SessionHeader,
  SessionKind,
} from './session-chunk.js';
export { RunningSessionAnswer, RunningSessionQuestion } from './running-session.js';
export { SessionOrderInput, SessionOrderView } from './session-order-view.js';
export { RecordingPage, RecordingPiece, RecordingView } from './recording-view.js';
export { isCommandLine, principalMembers, RECORD_FORM_HEADER, recordLine } from './record-line.js';
export { StreamRecording, streamRecording } from './stream-recording.js';
export { SessionAnswer, SessionNumbers, SessionQuestion } from './session-summary.js';
export { HumanDocument } from './human-document.js';
export { IssuerDocument } from './issuer-document.js';
export { AutoApproveRule } from './auto-approve.js';
export { RiskDocument } from './risk-document.js';
export { PolicyDocument } from './policy-document.js';
export { RoutingDocument, SlackRoute } from './routing-document.js';
export {
  onCallGroup,
  ScheduleDocument,
  scheduleOfGroup,
  ScheduleSpec,
} from './schedule-document.js';
export {
  ExecMatch,
  GuardrailAction,
  GuardrailApprovers,
  GuardrailMatch,
  GuardrailRule,
  GuardrailSpec,
  TimeWindow,
} from './guardrail.js';
export { Member } from './member.js';
export { TrustStatus } from './trust-status.js';
export { GrantLimits, IdleSeconds, isCounted } from './grant-limits.js';
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
export { Behalf, Principal, principalId } from './principal.js';
export { MatchLabels, NamePattern, RequestedRule, ResolvedNames } from './requested-rule.js';
export { RequestedScope } from './requested-scope.js';
export { Rule, Rules, type ResourceAttributes } from './scope.js';
export {
  ClaimMapping,
  ClaimPointer,
  PrincipalKindRule,
  SigningAlgorithm,
  TrustBundle,
  TrustedIssuer,
} from './trust-bundle.js';
export { StopEvent, StopTarget, StoppedAgent, stopWriterOf, type StopEventType } from './stop.js';
export { BridgesView, RaiseInput, RaisedView, ReleaseInput, StopView } from './stop-view.js';
export type { ServiceName } from './service-name.js';
export { UseEvent, useWriterOf, type UseEventData, type UseEventType } from './use.js';
export { InboundSpec, TICKET_IN_ADDRESS, TicketStateSpec } from './ticket-system.js';
export { DeadLettersView, DeadLetterView } from './dead-letter-view.js';
export { TicketWordView } from './ticket-word.js';
export {
  PAYLOAD_TYPES,
  SINK_STREAMS,
  SinkDocument,
  type SinkStream,
  type SinkTarget,
  type SinkTargetOf,
  sinkTypes,
} from './sink-document.js';
export { ParkedRecordsView, ParkedRecordView, SinksView, SinkView } from './sink-view.js';
export { WebhookDocument } from './webhook-document.js';
