import {
  AccessEvent,
  endsGrant,
  HoldEvent,
  writerOf,
  type AccessEventData,
  type AccessEventType,
  type AuditCommand,
  type AuditEvent,
  type AuditHoldEvent,
  type AuditStopEvent,
  type RequestedRule,
  type RequestedScope,
  type SessionStory,
  type StoryCall,
  type StoryChanges,
  type StoryMoment,
  type StoryRecording,
  type StoryTotals,
} from '@drawbridge/contracts';
import { describeRule, describeRules, selectorText } from '@drawbridge/scope';
import { holdMoment } from './hold-words.js';
import { isDryRun } from './is-dry-run.js';
import { momentWords } from './moment-words.js';
import { orderMoment } from './order-words.js';
import { actorName, personName } from './person.js';

/** What the record has of a session. */
export interface SessionFacts {
  /** Of one access request, the oldest first. */
  readonly events: readonly AuditEvent[];
  /** One page of its calls, the oldest first, and what else was refused to the agent meanwhile. */
  readonly commands: readonly AuditCommand[];
  /** Of the holds of these calls, the oldest first. */
  readonly holds: readonly AuditHoldEvent[];
  readonly totals: StoryTotals;
  /** By command id. */
  readonly changes?: ReadonlyMap<string, StoryChanges>;
  /** By command id. */
  readonly recordings?: ReadonlyMap<string, StoryRecording>;
  /** What humans did to running sessions, by the id of the command, the oldest first. */
  readonly orders?: ReadonlyMap<string, readonly AuditStopEvent[]>;
  readonly nextCursor?: string | undefined;
}

/** Tells a session as a story; `undefined` when the record does not know what was asked for. */
export function storyOf(facts: SessionFacts): SessionStory | undefined {
  const known = facts.events.flatMap(knownEvent);
  const asked = dataOf(known, 'AccessRequested');
  const [first] = facts.events;
  if (asked === undefined || first === undefined) return undefined;
  const validated = dataOf(known, 'AccessRequestValidated');
  const grant = grantOf(known);
  const end = endOf(facts.events);
  const { nextCursor } = facts;
  return {
    accessRequestId: first.accessRequestId,
    connection: asked.request.connection,
    ...(validated === undefined ? {} : { environment: validated.terms.environment }),
    agent: asked.requester,
    asked: askedOf(asked, first.at),
    ...(grant === undefined ? {} : { grant }),
    moments: facts.events.map(momentOf),
    ...(end === undefined ? {} : { end }),
    totals: facts.totals,
    calls: facts.commands.map((command) => callOf(command, facts, grant?.id)),
    ...(nextCursor === undefined ? {} : { nextCursor }),
  };
}

function knownEvent({ type, data }: AuditEvent): readonly AccessEvent[] {
  const parsed = AccessEvent.safeParse({ type, data });
  return parsed.success ? [parsed.data] : [];
}

/** The data of the newest event of a type. */
const dataOf = <Type extends AccessEventType>(
  events: readonly AccessEvent[],
  type: Type,
): AccessEventData<Type> | undefined =>
  // The type was compared: what is found is of it.
  events.findLast((event) => event.type === type)?.data as AccessEventData<Type> | undefined;

function askedOf(
  { request }: AccessEventData<'AccessRequested'>,
  at: string,
): SessionStory['asked'] {
  const { reason, ticket, durationSeconds, onBehalfOf, runId, breakGlass } = request;
  return {
    at,
    reason,
    ...(ticket === undefined ? {} : { ticket }),
    durationSeconds,
    scope: scopeWords(request.scope),
    ...(onBehalfOf === undefined ? {} : { onBehalfOf: onBehalfOf.subject }),
    ...(runId === undefined ? {} : { runId }),
    isBreakGlass: breakGlass === true,
  };
}

function scopeWords(scope: RequestedScope): string[] {
  if ('rules' in scope) return scope.rules.map(ruleWords);
  const parameters = Object.entries(scope.parameters).map(([name, value]) => `${name}=${value}`);
  return [[scope.action, ...parameters].join(' ')];
}

/** A rule as it was asked for: what selectors and patterns stood for is in what the grant allows. */
function ruleWords({
  namespaces,
  namespaceSelector,
  resourceNames = [],
  resourceNamePatterns = [],
  ...rule
}: RequestedRule): string {
  const names = [...resourceNames, ...resourceNamePatterns];
  return describeRule({
    ...rule,
    namespaces: namespaces ?? [
      `namespaces with ${selectorText(namespaceSelector?.matchLabels ?? {})}`,
    ],
    ...(names.length === 0 ? {} : { resourceNames: names }),
  });
}

function grantOf(events: readonly AccessEvent[]): SessionStory['grant'] {
  const issued = dataOf(events, 'GrantIssued');
  if (issued === undefined) return undefined;
  const extended = dataOf(events, 'GrantExtended');
  return {
    id: issued.grantId,
    policy: issued.policy.name,
    startsAt: issued.startsAt,
    endsAt: extended?.endsAt ?? issued.endsAt,
    approvers: issued.approvers.map(personName),
    allows: describeRules(issued.terms.rules),
  };
}

function momentOf({ at, type, sequence, actor, data }: AuditEvent): StoryMoment {
  const parsed = AccessEvent.safeParse({ type, data });
  // A type of a later version is called by its name.
  if (!parsed.success) return { at, type, sequence, by: actorName(actor), words: type };
  const { by = actorName(actor), words } = momentWords(parsed.data);
  return { at, type, sequence, by, words };
}

const refusals: ReadonlySet<string> = new Set<AccessEventType>([
  'AccessRequestDenied',
  'AccessRequestRejected',
  'AccessRequestLapsed',
]);

function endOf(events: readonly AuditEvent[]): SessionStory['end'] {
  const last = events.find(({ type }) => refusals.has(type) || isEnd(type));
  if (last === undefined) return undefined;
  const { at, type, by, words } = momentOf(last);
  return { at, type, by, words };
}

const isEnd = (type: string): boolean => isAccessEventType(type) && endsGrant(type);

const isAccessEventType = (type: string): type is AccessEventType => Object.hasOwn(writerOf, type);

function callOf(
  command: AuditCommand,
  { holds, changes, recordings, orders }: SessionFacts,
  grantId: string | undefined,
): StoryCall {
  const hold = holdOf(command, holds);
  const changed = changes?.get(command.id);
  const recording = recordings?.get(command.id);
  const ordered = orders?.get(command.id);
  return {
    command,
    isDryRun: isDryRun(command),
    isOfGrant: grantId !== undefined && command.grantId === grantId,
    ...(hold === undefined ? {} : { hold }),
    ...(changed === undefined ? {} : { changed }),
    ...(recording === undefined ? {} : { recording }),
    ...(ordered === undefined ? {} : { orders: ordered.map(orderMoment) }),
  };
}

function holdOf({ holdId }: AuditCommand, holds: readonly AuditHoldEvent[]): StoryCall['hold'] {
  if (holdId === undefined) return undefined;
  const events = holds.filter((event) => event.holdId === holdId);
  const [held] = events.flatMap(({ type, data }) => {
    const parsed = HoldEvent.safeParse({ type, data });
    return parsed.success && parsed.data.type === 'CommandHeld' ? [parsed.data.data] : [];
  });
  return { id: holdId, reason: held?.reason ?? '', moments: events.map(holdMoment) };
}
