import type {
  ActionDocument,
  ConfigurationDocument,
  ConnectionDocument,
  GuardrailDocument,
  HumanDocument,
  IssuerDocument,
  PolicyDocument,
  WebhookDocument,
  RiskDocument,
  RoutingDocument,
  ScheduleDocument,
  SinkDocument,
} from '@drawbridge/contracts';

export type ConfigurationKind = ConfigurationDocument['kind'];

/** Where something stands; lines and columns count from 1. */
export interface SourcePosition {
  /** Path of the file, as found under the configuration directory. */
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** A document and where it begins. Its file paths are absolute. */
export type Located<Document> = Document & { readonly source: SourcePosition };

/** Everything a configuration directory says, in the order of its files. */
export interface Configuration {
  readonly issuers: readonly Located<IssuerDocument>[];
  readonly humans: readonly Located<HumanDocument>[];
  readonly actions: readonly Located<ActionDocument>[];
  readonly connections: readonly Located<ConnectionDocument>[];
  readonly policies: readonly Located<PolicyDocument>[];
  readonly webhooks: readonly Located<WebhookDocument>[];
  /** In the order of their files, expressions and patterns checked. */
  readonly guardrails: readonly Located<GuardrailDocument>[];
  readonly schedules: readonly Located<ScheduleDocument>[];
  readonly risks: readonly Located<RiskDocument>[];
  readonly routings: readonly Located<RoutingDocument>[];
  readonly sinks: readonly Located<SinkDocument>[];
  /**
   * First 12 hex digits of the SHA-256 of what the documents say. Layout, comments, order and file names do
   * not change it; defaults that are written out do not either.
   */
  readonly version: string;
  /** What is allowed and probably not meant. */
  readonly warnings: readonly ConfigurationProblem[];
}

/** One thing that is wrong, and where. Never holds the value of a field that could be a secret. */
export interface ConfigurationProblem extends SourcePosition {
  /** Path of the field in its document, e.g. `spec.rules[0].verbs`; `''` is the file or document itself. */
  readonly field: string;
  readonly message: string;
}

/** `file:line:column field: message`, as editors and terminals make it clickable. */
export function formatProblem({
  file,
  line,
  column,
  field,
  message,
}: ConfigurationProblem): string {
  return `${file}:${line}:${column} ${field === '' ? '' : `${field}: `}${message}`;
}
