import { TAB, type LineScanner } from './line-scanner.js';

/*
 * The lines of commands, as `recordLine` of the contracts writes them, into columns. In the order of the
 * line, so that nothing has to be looked at twice.
 */

/** What {@link scanStart} writes. `received_at` is for the caller, who knows the command id by then. */
export const startColumns = [
  ...['command_id', 'received_at', 'decided_at', 'hold_id', 'connection', 'agent_kind'],
  ...['agent_issuer', 'agent_subject', 'agent_groups', 'agent_email', 'agent_owner'],
  ...['agent_sponsor', 'agent_run', 'grant_id', 'access_request_id', 'method', 'verb'],
  ...['api_group', 'api_version', 'resource', 'subresource', 'namespace', 'name'],
  ...['client_address', 'user_agent', 'content_type', 'dry_run', 'policy_version', 'rule'],
  ...['matched', 'rules', 'warnings', 'path', 'query', 'effect', 'reason', 'message'],
] as const;

/** What {@link scanEnd} writes behind what it has in common with the start. */
export const endColumns = [
  ...['ended_at', 'outcome', 'outcome_reason', 'status_code', 'request_bytes'],
  ...['response_bytes', 'duration_ms', 'exit_code', 'masked', 'outcome_rule'],
] as const;

const bytesOf = (text: string) => Buffer.from(text);
/** `,"name":"` */
const member = (name: string) => bytesOf(`,"${name}":"`);

const STARTED = bytesOf('{"type":"CommandStarted","commandId":"');
const REFUSED = bytesOf('{"type":"CommandRefused","commandId":"');
const ENDED = bytesOf('{"type":"CommandEnded","connection":"');
const AT = member('at');
const HOLD = member('holdId');
const CONNECTION = member('connection');
const AGENT = bytesOf(',"agent":{"kind":"agent","issuer":"');
const HUMAN = bytesOf(',"agent":{"kind":"human","issuer":"');
const SUBJECT = member('subject');
const GROUPS = bytesOf(',"groups":');
const AGENT_MORE = ['email', 'owner', 'sponsor', 'run'].map(member);
const CLOSE = bytesOf('}');
const GRANT = member('grantId');
const REQUEST = member('accessRequestId');
const TARGET = [
  ...['method', 'verb', 'apiGroup', 'apiVersion', 'resource', 'subresource', 'namespace'],
  ...['name', 'clientAddress', 'userAgent'],
].map(member);
const CONTENT_TYPE = member('contentType');
const DRY = bytesOf(',"dryRun":true');
const WET = bytesOf(',"dryRun":false');
const POLICY = member('policyVersion');
const RULE = member('rule');
const MATCHED = bytesOf(',"matched":[{"rule":"');
const NEXT_RULE = bytesOf(',{"rule":"');
const ACTION = member('action');
const DOUBT = member('doubt');
const WARNINGS = bytesOf(',"warnings":');
const PATH = member('path');
const QUERY = member('query');
const ALLOWED = bytesOf(',"decision":{"effect":"allow","reason":"');
const DENIED = bytesOf(',"decision":{"effect":"deny","reason":"');
const MESSAGE = member('message');
const STATUS = bytesOf(',"statusCode":');
const OPEN_ARRAY = bytesOf('[');
const CLOSE_ARRAY = bytesOf(']');
const OPEN_TEXT = bytesOf('"');
const NEXT_TEXT = bytesOf(',"');
const OUTCOMES = ['completed', 'cut', 'client_gone', 'upstream_failed'].map(
  (outcome) => [bytesOf(`,"outcome":"${outcome}"`), outcome] as const,
);
const COMMAND = member('commandId');
const REASON = member('reason');
const REQUEST_BYTES = bytesOf(',"requestBytes":');
const RESPONSE_BYTES = bytesOf(',"responseBytes":');
const DURATION = bytesOf(',"durationMs":');
const EXIT = bytesOf(',"exitCode":');
const MASKED = bytesOf(',"masked":');
const NULL = bytesOf('\\N');
const NONE = bytesOf('[]');

export type Scanned = 'started' | 'refused';

/**
 * Reads a start, or a refusal up to its status, and writes {@link startColumns}.
 *
 * @param receivedAt - the column of that name, of the command id that stands there in what was written
 */
export function scanStart(
  scanner: LineScanner,
  places: Places,
  receivedAt: (idAt: number) => string | undefined,
): Scanned | undefined {
  const isStarted = scanner.literal(STARTED);
  if (!isStarted && !scanner.literal(REFUSED)) return undefined;
  const isKnown =
    scanId(scanner, receivedAt) &&
    scanCaller(scanner, places, isStarted) &&
    scanAll(scanner, TARGET) &&
    scanGuard(scanner) &&
    scanDecision(scanner, isStarted);
  if (!isKnown) return undefined;
  return isStarted ? 'started' : 'refused';
}

function scanId(scanner: LineScanner, receivedAt: (idAt: number) => string | undefined): boolean {
  const idAt = scanner.written;
  if (!scanner.uuid()) return false;
  const received = receivedAt(idAt);
  if (received === undefined) return false;
  tabbed(scanner, received);
  scanner.writeByte(TAB);
  return scanner.literal(AT) && scanner.instant();
}

/** The rest of a refusal, written as {@link endColumns}. */
export function scanRefusedStatus(scanner: LineScanner): boolean {
  if (!scanner.literal(STATUS)) return false;
  scanner.writeText('\\N\trefused\t\t');
  if (!scanner.digits(3) || !scanner.literal(CLOSE)) return false;
  scanner.writeText('\t0\t0\t0\t\\N\t\\N\t');
  return true;
}

/** Where in what was written the values begin that an end has in common with its start. */
export interface Places {
  connectionAt: number;
  grantAt: number;
}

export interface EndPlaces extends Places {
  commandAt: number;
  /** Of {@link endColumns}. */
  columnsAt: number;
}

/** Reads an end and writes connection, grant and command, each with a tab behind it, and {@link endColumns}. */
export function scanEnd(scanner: LineScanner, ids: EndPlaces): boolean {
  return (
    scanEndIds(scanner, ids) &&
    scanner.literal(AT) &&
    scanner.instant() &&
    scanOutcome(scanner) &&
    scanFigures(scanner) &&
    optional(scanner, RULE) &&
    scanner.literal(CLOSE) &&
    scanner.at === scanner.end
  );
}

function scanEndIds(scanner: LineScanner, ids: EndPlaces): boolean {
  ids.connectionAt = scanner.written;
  if (!scanner.literal(ENDED) || !scanner.text()) return false;
  scanner.writeByte(TAB);
  ids.grantAt = scanner.written;
  if (!scanner.literal(GRANT) || !scanner.uuid()) return false;
  scanner.writeByte(TAB);
  ids.commandAt = scanner.written;
  if (!scanner.literal(COMMAND) || !scanner.uuid()) return false;
  scanner.writeByte(TAB);
  ids.columnsAt = scanner.written;
  return true;
}

const scanFigures = (scanner: LineScanner): boolean =>
  number(scanner, STATUS, 3) &&
  number(scanner, REQUEST_BYTES, 15) &&
  number(scanner, RESPONSE_BYTES, 15) &&
  number(scanner, DURATION, 15) &&
  optionalNumber(scanner, EXIT) &&
  optionalNumber(scanner, MASKED);

function scanOutcome(scanner: LineScanner): boolean {
  for (const [outcomeMember, outcome] of OUTCOMES) {
    if (!scanner.literal(outcomeMember)) continue;
    tabbed(scanner, outcome);
    return optional(scanner, REASON);
  }
  return false;
}

function number(scanner: LineScanner, name: Uint8Array, most: number): boolean {
  scanner.writeByte(TAB);
  return scanner.literal(name) && scanner.digits(most);
}

function optionalNumber(scanner: LineScanner, name: Uint8Array): boolean {
  scanner.writeByte(TAB);
  if (scanner.literal(name)) return scanner.digits(9);
  scanner.write(NULL);
  return true;
}

function tabbed(scanner: LineScanner, text: string): void {
  scanner.writeByte(TAB);
  scanner.writeText(text);
}

/** A column whose member must be there. */
function required(scanner: LineScanner, name: Uint8Array): boolean {
  scanner.writeByte(TAB);
  return scanner.literal(name) && scanner.text();
}

/** A column whose member is left out when it says nothing; an empty one is none of ours. */
function optional(scanner: LineScanner, name: Uint8Array): boolean {
  scanner.writeByte(TAB);
  if (!scanner.literal(name)) return true;
  const before = scanner.written;
  return scanner.text() && scanner.written > before;
}

function optionalId(scanner: LineScanner, name: Uint8Array): boolean {
  scanner.writeByte(TAB);
  if (scanner.literal(name)) return scanner.uuid();
  scanner.write(NULL);
  return true;
}

function scanCaller(scanner: LineScanner, places: Places, isStarted: boolean): boolean {
  if (!optionalId(scanner, HOLD)) return false;
  places.connectionAt = scanner.written + 1;
  if (!required(scanner, CONNECTION) || !scanAgent(scanner)) return false;
  places.grantAt = scanner.written + 1;
  if (!optionalId(scanner, GRANT)) return false;
  // A start without a grant would get back the one of its end.
  if (isStarted && scanner.written - places.grantAt === NULL.length) return false;
  return optionalId(scanner, REQUEST);
}

function scanAgent(scanner: LineScanner): boolean {
  scanner.writeByte(TAB);
  const isAgent = scanner.literal(AGENT);
  if (!isAgent && !scanner.literal(HUMAN)) {
    // Kind, issuer and subject are empty, there are no groups, and the rest is empty too.
    scanner.writeText('\t\t\t[]\t\t\t\t');
    return true;
  }
  scanner.writeText(isAgent ? 'agent\t' : 'human\t');
  if (!scanner.text() || !required(scanner, SUBJECT)) return false;
  scanner.writeByte(TAB);
  if (!scanner.literal(GROUPS) || !scanTexts(scanner, true)) return false;
  for (const name of AGENT_MORE) if (!optional(scanner, name)) return false;
  return scanner.literal(CLOSE);
}

/** An array of strings. */
function scanTexts(scanner: LineScanner, mayBeEmpty: boolean): boolean {
  if (!scanner.literal(OPEN_ARRAY)) return false;
  scanner.writeText('[');
  if (scanner.literal(CLOSE_ARRAY)) {
    scanner.writeText(']');
    return mayBeEmpty;
  }
  let start = OPEN_TEXT;
  while (!scanner.literal(CLOSE_ARRAY)) {
    if (start !== OPEN_TEXT) scanner.writeText(',');
    if (!scanner.literal(start)) return false;
    if (!quoted(scanner)) return false;
    start = NEXT_TEXT;
  }
  scanner.writeText(']');
  return true;
}

function quoted(scanner: LineScanner): boolean {
  scanner.writeText("'");
  if (!scanner.plainText()) return false;
  scanner.writeText("'");
  return true;
}

function scanAll(scanner: LineScanner, names: readonly Uint8Array[]): boolean {
  for (const name of names) if (!required(scanner, name)) return false;
  return true;
}

function scanGuard(scanner: LineScanner): boolean {
  if (!optional(scanner, CONTENT_TYPE)) return false;
  scanner.writeByte(TAB);
  if (scanner.literal(DRY)) scanner.writeText('true');
  else if (scanner.literal(WET)) scanner.writeText('false');
  else scanner.write(NULL);
  if (!optional(scanner, POLICY)) return false;
  const ruleAt = scanner.written + 1;
  if (!optional(scanner, RULE)) return false;
  const rule = latin1(scanner.out, ruleAt, scanner.written);
  scanner.writeByte(TAB);
  const rules = scanMatched(scanner, rule);
  if (rules === undefined) return false;
  // As they came: their bytes, not their characters.
  tabbed(scanner, `[${[...rules].map((each) => `'${each}'`).join(',')}]`);
  scanner.writeByte(TAB);
  if (scanner.literal(WARNINGS)) return scanTexts(scanner, false);
  scanner.write(NONE);
  return true;
}

const latin1 = (bytes: Uint8Array, from: number, to: number): string =>
  from === to
    ? ''
    : Buffer.from(bytes.buffer, bytes.byteOffset + from, to - from).toString('latin1');

const none: ReadonlySet<string> = new Set();

/** The names of all rules that were met. */
function scanMatched(scanner: LineScanner, rule: string): ReadonlySet<string> | undefined {
  if (rule.includes("'") || rule.includes('\\')) return undefined;
  if (!scanner.literal(MATCHED)) {
    scanner.write(NONE);
    return rule === '' ? none : new Set([rule]);
  }
  const rules = new Set(rule === '' ? [] : [rule]);
  let separator = '[';
  do {
    scanner.writeText(separator);
    separator = ',';
    if (!scanRule(scanner, rules)) return undefined;
  } while (scanner.literal(NEXT_RULE));
  scanner.writeText(']');
  return scanner.literal(CLOSE_ARRAY) ? rules : undefined;
}

function scanRule(scanner: LineScanner, rules: Set<string>): boolean {
  scanner.writeText('(');
  const at = scanner.written + 1;
  if (!quoted(scanner)) return false;
  rules.add(latin1(scanner.out, at, scanner.written - 1));
  scanner.writeText(',');
  if (!scanner.literal(ACTION) || !quoted(scanner)) return false;
  scanner.writeText(',');
  if (!scanDoubt(scanner) || !scanner.literal(CLOSE)) return false;
  scanner.writeText(')');
  return true;
}

function scanDoubt(scanner: LineScanner): boolean {
  if (!scanner.literal(DOUBT)) {
    scanner.writeText("''");
    return true;
  }
  const before = scanner.written;
  return quoted(scanner) && scanner.written > before + 2;
}

function scanDecision(scanner: LineScanner, isStarted: boolean): boolean {
  if (!required(scanner, PATH) || !required(scanner, QUERY)) return false;
  if (!scanner.literal(isStarted ? ALLOWED : DENIED)) return false;
  tabbed(scanner, isStarted ? 'allow\t' : 'deny\t');
  if (!scanner.text() || !required(scanner, MESSAGE) || !scanner.literal(CLOSE)) return false;
  return isStarted ? scanner.literal(CLOSE) : true;
}
