import { writerOf, type AccessEvent, type UseEvent } from '@drawbridge/contracts';
import type { RecordedEvent } from '@drawbridge/kernel';
import type { PolicySet } from '@drawbridge/policy/core';
import { end, endsUse } from './end-oracle.js';
import { wantsReview } from './glass-oracle.js';
import type { CallTried, Entry } from './journal.js';
import {
  claim,
  isClosed,
  limitsLess,
  newLife,
  wantedBy,
  type AccessEntry,
  type Life,
} from './life.js';
import { PlacesOracle } from './places-oracle.js';
import { MAX_SKEW_MS } from './policies.js';
import { claimAllowed } from './policy-oracle.js';
import { covers, emailOf, isLess } from './quorum-oracle.js';
import { hear } from './said-oracle.js';
import { isStopped, type StopThen } from './stops-oracle.js';

/**
 * Judges what happened by the log alone, in its true order, and shares no code with what it judges: who counts is
 * tried out, scopes are compared call by call, and stops by what was before what.
 */
export class Oracle {
  readonly lives = new Map<string, Life>();
  readonly #ofGrant = new Map<string, { readonly life: Life; readonly requestId: string }>();
  readonly #access: RecordedEvent<AccessEvent>[] = [];
  readonly #stops: StopThen[] = [];
  readonly #calls: CallTried[] = [];
  readonly #disabledAt = new Map<string, number>();
  readonly #places: PlacesOracle;
  #index = 0;

  constructor(private readonly sets: readonly PolicySet[]) {
    this.#places = new PlacesOracle(this.lives, sets);
  }

  /** Judges what has happened since. */
  catchUp(journal: readonly Entry[]): void {
    for (; this.#index < journal.length; this.#index += 1) {
      const entry = journal[this.#index];
      if (entry !== undefined) this.#take(entry);
    }
  }

  /** Requests that have not come to an end (I5). */
  get unfinished(): readonly string[] {
    return [...this.lives]
      .filter(([, { end, grant, isWithdrawn }]) => end === undefined && !(isWithdrawn && !grant))
      .map(([id]) => id);
  }

  /** What nobody approved and nobody is asked to review (I11). */
  get unreviewed(): readonly string[] {
    const isLost = (life: Life) => wantsReview(life) && life.review === undefined;
    return [...this.lives].filter(([, life]) => isLost(life)).map(([id]) => id);
  }

  /** Grants that somebody has ended, and policy has not (I6). */
  get lingering(): readonly string[] {
    const isMeant = ({ grant, end, isOrdered, isWithdrawn, hasLostGroup }: Life) =>
      grant !== undefined && end === undefined && (isOrdered || isWithdrawn || hasLostGroup);
    return [...this.lives].filter(([, life]) => isMeant(life)).map(([id]) => id);
  }

  #take(entry: Entry): void {
    if (entry.kind === 'access') this.#event(entry);
    if (entry.kind === 'call') this.#call(entry);
    if (entry.kind === 'forwarded') this.#forwarded(entry);
    if (entry.kind === 'places') this.#places.take(entry);
    if (entry.kind === 'runEnded') this.#runEnded(entry);
    if (entry.kind === 'use') this.#used(entry.recorded.event);
    if (entry.kind === 'disabled') this.#disabledAt.set(entry.email, this.#index);
    if (entry.kind !== 'stop') return;
    const { recorded, acceptedMs } = entry;
    this.#stops.push({ event: recorded.event, acceptedMs });
  }

  #event(entry: AccessEntry): void {
    const { recorded, writer } = entry;
    const { event, aggregateId: id } = recorded;
    this.#access.push(recorded);
    if (writer !== undefined) claim(writerOf[event.type] === writer, 'I8: a foreign writer', event);
    if (event.type === 'AccessRequested') {
      claim(!this.lives.has(id), 'I8: asked twice', event);
      this.lives.set(id, newLife(event.data, recorded.at));
      return;
    }
    const life = this.lives.get(id);
    claim(life !== undefined, 'I8: about nothing', event);
    this.#unasked(life, recorded);
    hear(life, entry, this.sets);
    this.#granted(life, entry);
    end(life, entry);
  }

  /** I1: nobody is asked in one of so many places; more time takes another one. */
  #unasked({ grant }: Life, { event, aggregateId: id }: RecordedEvent<AccessEvent>): void {
    if (event.type === 'AccessRequestValidated') this.#places.validated(id, event.data);
    if (event.type !== 'ExtensionValidated' || grant === undefined) return;
    this.#places.validated(`${id}.${event.data.round}`, { ...event.data, terms: grant.data.terms });
  }

  /** I1, I4: what is granted, and by whose leave. */
  #granted(life: Life, { recorded, decidedAt, stopsSeen, nowMs }: AccessEntry): void {
    const { event, aggregateId: requestId, at } = recorded;
    const { quorum } = life;
    if (event.type !== 'GrantIssued') return;
    const { data } = event;
    claim(life.grant === undefined, 'I1: granted twice', event);
    claim(!isClosed(life), 'I1: granted after the end', event);
    claim(quorum?.isComplete === true, 'I1: granted without a quorum', event);
    const counted = quorum.yes.map(({ email }) => email).toSorted();
    claim(
      JSON.stringify(data.approvers.map(emailOf).toSorted()) === JSON.stringify(counted),
      'I1: other approvers',
      event,
    );
    for (const email of counted)
      claim((this.#disabledAt.get(email) ?? Infinity) >= decidedAt, 'I1: a disabled one', event);
    for (const shown of quorum.versions)
      claim(isLess(data.terms, shown), 'I4: more than was shown', event);
    claim(isLess(data.terms, wantedBy(this.sets, life)), 'I4: more than was asked', event);
    claimAllowed(life, data, this.sets);
    const seconds = (Date.parse(data.endsAt) - Date.parse(data.startsAt)) / 1000;
    claim(seconds === data.terms.durationSeconds, 'I4: another time', event);
    claim(data.startsAt <= data.endsAt && at >= data.startsAt, 'I4: begun later', event);
    claim(limitsLess(life, data), 'I4: used more often', event);
    const { subject } = data.grantee;
    const { connection } = data.terms;
    const heard = this.#stops.slice(0, stopsSeen);
    const inForce = isStopped({ subject, connection, nowMs }, heard);
    claim(!inForce, 'I7: granted under raised bridges', event);
    life.grant = { data, nowMs, at, endsAtMs: Date.parse(data.endsAt) };
    this.#ofGrant.set(data.grantId, { life, requestId });
  }

  /** I6: of all that was known of the run nothing goes on. */
  #runEnded(run: Extract<Entry, { kind: 'runEnded' }>): void {
    const ids = new Set(this.#access.slice(0, run.accessSeen).map((one) => one.aggregateId));
    for (const [id, life] of this.lives) {
      const { requester, request } = life.requested;
      const isOfIt = requester.subject === run.subject && request.runId === run.runId;
      if (!isOfIt || !ids.has(id)) continue;
      // By a clock that is ahead it is over without this.
      const endsAtMs = life.grant?.endsAtMs ?? Infinity;
      const isOver = run.nowMs >= endsAtMs - MAX_SKEW_MS;
      claim(isClosed(life) || isOver, 'I6: goes on behind its run', run);
    }
  }

  /** I6: who has left the groups, by a token that is newer than the grant. */
  #used({ type, data }: UseEvent): void {
    if (type !== 'GrantGroupLost') return;
    const life = this.#ofGrant.get(data.grantId)?.life;
    const grant = life?.grant;
    claim(life !== undefined && grant !== undefined, 'I6: lost by no grant', data);
    const { tokenIssuedAt } = data;
    const { grantee, requiredGroups = [] } = grant.data;
    const tried = this.#calls.some(
      (call) =>
        call.tokenIssuedAt === tokenIssuedAt &&
        call.subject === grantee.subject &&
        !requiredGroups.some((group) => call.groups.includes(group)),
    );
    claim(tried && tokenIssuedAt > grant.at, 'I6: nobody has left', data);
    life.hasLostGroup = true;
  }

  /** I3, I7: what a gateway allows by what it has heard. */
  #call(call: CallTried): void {
    this.#calls.push(call);
    if (call.grantId === undefined) return;
    const found = this.#ofGrant.get(call.grantId);
    const grant = found?.life.grant;
    claim(grant !== undefined && found !== undefined, 'I3: by no grant', call);
    const { grantee, terms, requiredGroups = [] } = grant.data;
    const known = this.#access.slice(0, call.accessSeen);
    const ofIt = known.filter(({ aggregateId }) => aggregateId === found.requestId);
    const { subject, connection } = call;
    claim(grantee.subject === subject && terms.connection === connection, "I3: another's", call);
    const named = call.verb === 'list' ? { ...call, name: '' } : call;
    claim(covers(terms.rules, named), 'I3: out of scope', call);
    const { keyThumbprint = call.shownKey } = terms;
    claim(call.shownKey === keyThumbprint, 'I3: without its key', call);
    inTime(call, grant.data, ofIt);
    const isMember = requiredGroups.some((group) => call.groups.includes(group));
    claim(isMember || terms.breakGlass !== undefined, 'I3: no member', call);
    const over = ofIt.find(({ event }) => endsUse(event.type));
    claim(over === undefined, 'I3, I7: after an end', call);
    const heard = this.#stops.slice(0, call.stopsSeen);
    claim(!isStopped({ ...grant, subject, connection }, heard), 'I7: under a stop', call);
  }

  /** I3: never more often than the grant says. */
  #forwarded({ grantId, isChange }: Extract<Entry, { kind: 'forwarded' }>): void {
    const life = this.#ofGrant.get(grantId)?.life;
    claim(life?.grant !== undefined, 'I3: forwarded by no grant', grantId);
    life.calls += 1;
    life.changes += Number(isChange);
    const { maxCalls = Infinity, maxChanges = Infinity } = life.grant.data.terms.limits ?? {};
    claim(life.calls <= maxCalls && life.changes <= maxChanges, 'I3: too often', grantId);
  }
}

/** I3: while it lasts, by the clock of the gateway and by the true time; an extension counts once it is heard of. */
function inTime(
  call: CallTried,
  { startsAt, endsAt: first }: { readonly startsAt: string; readonly endsAt: string },
  heard: readonly RecordedEvent<AccessEvent>[],
): void {
  const { localMs, nowMs } = call;
  const extended = heard.flatMap(({ event }) =>
    event.type === 'GrantExtended' ? [event.data.endsAt] : [],
  );
  const endsAtMs = Date.parse(extended.at(-1) ?? first);
  claim(localMs < endsAtMs, 'I3: after its end', call);
  claim(nowMs < endsAtMs + MAX_SKEW_MS, 'I3: after its true end', call);
  claim(nowMs >= Date.parse(startsAt) - MAX_SKEW_MS, 'I3: before its begin', call);
}
