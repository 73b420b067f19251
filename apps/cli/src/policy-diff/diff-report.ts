import type { AuditCommand } from '@drawbridge/contracts';
import type { Said } from './said-of-call.js';

/** What two policies say of one command. */
export interface Decision {
  readonly id: string;
  readonly at: string;
  readonly agent: string | undefined;
  readonly connection: string;
  readonly verb: string;
  readonly apiGroup: string;
  readonly resource: string;
  readonly subresource: string;
  readonly namespace: string;
  readonly name: string;
  readonly path: string;
  /** `deny`, `hold+mask`, `allow`; `null` when it cannot be told. */
  readonly before: string | null;
  readonly after: string | null;
  /** The rules that decided. */
  readonly ruleBefore: string | undefined;
  readonly ruleAfter: string | undefined;
  /** Why it cannot be told: what is not in the record. */
  readonly missing: readonly string[];
  /** The rules that would have looked at it. */
  readonly unsure: readonly string[];
}

/** Commands of which the same is to be said. */
export interface Group {
  readonly before: string | null;
  readonly after: string | null;
  readonly rules: readonly string[];
  readonly missing: readonly string[];
  readonly count: number;
}

/** What a changed policy would have decided. */
export interface DiffReport {
  readonly policyVersion: string;
  /** A policy version, or `recorded`. */
  readonly against: string;
  readonly since: string;
  readonly until: string;
  readonly commands: number;
  /** Refused before guardrails are asked, or of an end without a start. */
  readonly notJudged: number;
  readonly unchanged: number;
  readonly changed: number;
  readonly untold: number;
  /** How many of these want what: the body, claims, … */
  readonly wanting: Readonly<Record<string, number>>;
  readonly changes: readonly Group[];
  readonly cannotTell: readonly Group[];
  /** The first ones, in the order of time. */
  readonly changedDecisions: readonly Decision[];
  readonly untoldDecisions: readonly Decision[];
}

export interface TallyOptions {
  /** How many decisions of each kind are kept. */
  readonly limit: number;
  /** Told every decision that has changed or cannot be told. */
  readonly onDecision?: (decision: Decision) => void;
}

/** Rules are few; a bound all the same for names that came with records. */
const MAX_GROUPS = 1_000;

/** Counts, and keeps a bounded number of decisions. */
export class Tally {
  commands = 0;
  notJudged = 0;
  unchanged = 0;
  readonly #changed: Kept;
  readonly #untold: Kept;
  readonly #wanting = new Map<string, number>();

  constructor(private readonly options: TallyOptions) {
    this.#changed = new Kept(options.limit);
    this.#untold = new Kept(options.limit);
  }

  changed(command: AuditCommand, before: Said, after: Said): void {
    this.#add(this.#changed, decisionOf(command, before, after));
  }

  untold(command: AuditCommand, before: Said, after: Said): void {
    const decision = decisionOf(command, before, after);
    this.#add(this.#untold, decision);
    for (const fact of decision.missing) {
      this.#wanting.set(fact, (this.#wanting.get(fact) ?? 0) + 1);
    }
  }

  report(of: Pick<DiffReport, 'policyVersion' | 'against' | 'since' | 'until'>): DiffReport {
    return {
      ...of,
      ...{ commands: this.commands, notJudged: this.notJudged, unchanged: this.unchanged },
      ...{ changed: this.#changed.count, untold: this.#untold.count },
      wanting: Object.fromEntries(
        [...this.#wanting].toSorted(([one], [other]) => (one < other ? -1 : 1)),
      ),
      ...{ changes: this.#changed.groups(), cannotTell: this.#untold.groups() },
      ...{ changedDecisions: this.#changed.first, untoldDecisions: this.#untold.first },
    };
  }

  #add(kept: Kept, decision: Decision): void {
    kept.add(decision);
    this.options.onDecision?.(decision);
  }
}

class Kept {
  count = 0;
  readonly first: Decision[] = [];
  readonly #groups = new Map<string, Group>();

  constructor(private readonly limit: number) {}

  add(decision: Decision): void {
    this.count += 1;
    if (this.first.length < this.limit) this.first.push(decision);
    const { before, after, ruleBefore, ruleAfter, unsure, missing } = decision;
    const given = [ruleBefore, ruleAfter, ...unsure].filter((rule) => rule !== undefined);
    const full = { before, after, missing, rules: [...new Set(given)] };
    const isNew = !this.#groups.has(JSON.stringify(full));
    const group = isNew && this.#groups.size >= MAX_GROUPS ? { ...full, rules: ['…'] } : full;
    const key = JSON.stringify(group);
    this.#groups.set(key, { ...group, count: (this.#groups.get(key)?.count ?? 0) + 1 });
  }

  groups(): readonly Group[] {
    return [...this.#groups.values()].toSorted((one, other) => other.count - one.count);
  }
}

function decisionOf(command: AuditCommand, before: Said, after: Said): Decision {
  const { id, connection, verb, apiGroup, resource, subresource, namespace, name, path } = command;
  return {
    ...{ id, at: command.receivedAt, agent: command.agent?.subject, connection, verb },
    ...{ apiGroup, resource, subresource, namespace, name, path },
    before: before.isTold ? before.atLeast : null,
    after: after.isTold ? after.atLeast : null,
    ruleBefore: before.rule,
    ruleAfter: after.rule,
    missing: [...new Set([...before.missing, ...after.missing])].sort(),
    unsure: [...new Set([...before.unsure.keys(), ...after.unsure.keys()])],
  };
}
