import { ConfigurationDocument } from '@drawbridge/contracts';
import { checkActions } from './check-actions.js';
import { checkAddresses } from './check-addresses.js';
import { checkAutoApprove } from './check-auto-approve.js';
import { checkBreakGlass } from './check-break-glass.js';
import { checkGuardrails } from './check-guardrails.js';
import { checkIdentities } from './check-identities.js';
import { checkPolicies } from './check-policies.js';
import { checkRisks } from './check-risks.js';
import { checkRouting } from './check-routing.js';
import { checkWebhooks } from './check-webhooks.js';
import { checkSinks } from './check-sinks.js';
import { checkSchedules } from './check-schedules.js';
import { ConfigurationError } from './configuration-error.js';
import { configurationVersion } from './configuration-version.js';
import type { Configuration, ConfigurationKind, ConfigurationProblem } from './configuration.js';
import { entriesOf, type Check, type Entry, type Finding } from './entry.js';
import type { ParsedDocument, ParsedFile } from './parse-documents.js';
import { resolveConnection, resolveIssuer, resolveRisk, resolveWebhook } from './resolve-paths.js';
import { resolveSink } from './resolve-sink.js';
import { fieldOf, validateDocument } from './validate-document.js';

/** Every kind of document. */
export const allKinds: readonly ConfigurationKind[] = ConfigurationDocument.options.map(
  ({ shape }) => shape.kind.value,
);
const checks: readonly Check[] = [
  ...[checkIdentities, checkAddresses, checkActions, checkPolicies],
  ...[checkGuardrails, checkSchedules, checkAutoApprove, checkRisks, checkRouting, checkWebhooks],
  ...[checkBreakGlass, checkSinks],
];

/** Files as they were read; `problems` are those of reading and of YAML. */
export interface ReadFiles {
  readonly directory: string;
  readonly files: readonly ParsedFile[];
  readonly problems: readonly ConfigurationProblem[];
}

/**
 * Makes a configuration of the documents of the given kinds.
 *
 * @throws {@link ConfigurationError} with every problem, in the order of files and lines
 */
export function buildConfiguration(
  { directory, files, problems }: ReadFiles,
  kinds: ReadonlySet<ConfigurationKind>,
): Configuration {
  const documents = files.flatMap((file) => file.documents);
  const validated = documents
    .filter((document) => isWanted(document, kinds))
    .map((document) => ({ parsed: document, ...validateDocument(document) }));
  const entries = validated.filter((result) => 'document' in result);
  const invalid = validated.filter((result) => 'problems' in result);
  const unread = [...problems, ...files.flatMap((file) => file.problems)];
  // What is missing may be in what could not be read: say so of complete kinds only.
  const incomplete = new Set(invalid.map(({ parsed }) => kindOf(parsed)));
  const isComplete = unread.length === 0 && !incomplete.has(undefined);
  const complete = new Set([...kinds].filter((kind) => isComplete && !incomplete.has(kind)));
  const findings = checks.flatMap((check) => check({ entries, kinds: complete }));
  const errors = [
    ...unread,
    ...invalid.flatMap((result) => result.problems),
    ...toProblems(findings, 'error'),
  ];
  if (errors.length === 0 && documents.length === 0) errors.push(emptyDirectory(directory));
  if (errors.length > 0) throw new ConfigurationError(inOrder(errors));
  return toConfiguration(entries, inOrder(toProblems(findings, 'warning')));
}

/** A document of unknown kind is wanted, so that it is reported. */
function isWanted(document: ParsedDocument, kinds: ReadonlySet<ConfigurationKind>): boolean {
  const kind = kindOf(document);
  return kind === undefined || kinds.has(kind);
}

function kindOf({ value }: ParsedDocument): ConfigurationKind | undefined {
  const kind = typeof value === 'object' && value !== null && 'kind' in value && value.kind;
  return allKinds.find((name) => name === kind);
}

function toProblems(findings: readonly Finding[], severity: Finding['severity']) {
  return findings
    .filter((finding) => finding.severity === severity)
    .map(({ entry, path, message }) => ({
      ...entry.parsed.positionOf(path),
      field: fieldOf(path),
      message,
    }));
}

function emptyDirectory(directory: string): ConfigurationProblem {
  const message = 'holds no document in a *.yaml or *.yml file';
  return { file: directory, line: 1, column: 1, field: '', message };
}

function inOrder(problems: readonly ConfigurationProblem[]): ConfigurationProblem[] {
  return problems.toSorted(
    (one, other) =>
      Number(one.file > other.file) - Number(one.file < other.file) ||
      one.line - other.line ||
      one.column - other.column,
  );
}

function toConfiguration(
  entries: readonly Entry[],
  warnings: readonly ConfigurationProblem[],
): Configuration {
  const locate = <Document extends ConfigurationDocument>(document: Document, entry: Entry) => ({
    ...document,
    source: entry.parsed.source,
  });
  const unchanged = <
    Kind extends Exclude<ConfigurationKind, 'Issuer' | 'Connection' | 'Webhook' | 'Risk' | 'Sink'>,
  >(
    kind: Kind,
  ) => entriesOf(entries, kind).map((entry) => locate(entry.document, entry));
  return {
    issuers: entriesOf(entries, 'Issuer').map((entry) => locate(resolveIssuer(entry), entry)),
    humans: unchanged('Human'),
    actions: unchanged('Action'),
    connections: entriesOf(entries, 'Connection').map((entry) =>
      locate(resolveConnection(entry), entry),
    ),
    policies: unchanged('Policy'),
    guardrails: unchanged('Guardrail'),
    schedules: unchanged('Schedule'),
    risks: entriesOf(entries, 'Risk').map((entry) => locate(resolveRisk(entry), entry)),
    routings: unchanged('Routing'),
    webhooks: entriesOf(entries, 'Webhook').map((entry) => locate(resolveWebhook(entry), entry)),
    sinks: entriesOf(entries, 'Sink').map((entry) => locate(resolveSink(entry), entry)),
    version: configurationVersion(entries.map(({ document }) => document)),
    warnings,
  };
}
