import type { AuditCommand, GuardrailAction } from '@drawbridge/contracts';
import type { GuardDecision } from '@drawbridge/guardrails';
import type { MetThen } from './met-then.js';
import { outcomeOf, severityOf } from './outcome.js';
import type { PolicySide } from './policy-side.js';
import type { Missing, RecordedCall } from './recorded-call.js';

/** What a policy says of a recorded call. */
export interface Said {
  /** What certainly becomes of it: by the rules of which it is known that they are met. */
  readonly atLeast: string;
  /** The same as `atLeast`, unless more would be known with what is missing. */
  readonly isTold: boolean;
  /** The rule that decides, of those that are certainly met. */
  readonly rule: string | undefined;
  /** Definitions of the rules of which it is not known whether they are met. */
  readonly unsure: ReadonlyMap<string, string>;
  /** Rules were left out because one denies of which it is not known whether it is met. */
  readonly isOpen: boolean;
  readonly missing: ReadonlySet<Missing | 'body'>;
}

const told = (atLeast: string, rule?: string): Said => ({
  ...{ atLeast, rule, isTold: true, isOpen: false },
  ...{ unsure: new Map(), missing: new Set() },
});

/** What the gateway said then, which had the body. */
export const saidThen = ({ matched = [], rule }: AuditCommand): Said =>
  told(outcomeOf(matched.map(({ action }) => action)), rule);

/**
 * What a policy would say. Nothing is guessed: a rule that looks at something that is not there may be met or not,
 * and only what holds either way is told.
 *
 * @param met - what the record tells of conditions
 */
export function saidBy(side: PolicySide, { call, missing }: RecordedCall, met: MetThen): Said {
  const about = side.guardrails.about(call.request);
  if (about.length === 0) return told('allow');
  const settled = settledBy(side, about, met);
  const unrecorded = new Map(
    about.flatMap((rule) => {
      const facts = settled.has(rule) ? [] : missingOf(side, rule, missing);
      return facts.length === 0 ? [] : [[rule, facts] as const];
    }),
  );
  const { least, most } = judge(side, { call, missing });
  const sure = surelyMet(side, least, { settled, unrecorded });
  const withBody = left(about, { least, most, settled }).filter(
    (rule) => !settled.has(rule) && !least.matched.some((one) => one.rule === rule),
  );
  const unsure = new Set([...unrecorded.keys(), ...withBody]);
  const atLeast = outcomeOf(sure.map(({ action }) => action));
  const atMost = outcomeOf([
    ...sure.map(({ action }) => action),
    ...[...unsure].map((rule) => side.rules.get(rule)?.action ?? 'deny'),
  ]);
  if (atLeast === atMost) return told(atLeast, sure[0]?.rule);
  return {
    ...{ atLeast, rule: sure[0]?.rule, isTold: false },
    unsure: new Map([...unsure].map((rule) => [rule, side.rules.get(rule)?.definition ?? ''])),
    // A deny by attributes is final, and then no rule is asked that needs the body.
    isOpen: least.effect === 'deny',
    missing: new Set([
      ...[...unrecorded.values()].flat(),
      ...(withBody.length > 0 ? (['body'] as const) : []),
    ]),
  };
}

/** Rules of which the record tells whether they were met. */
type Settled = ReadonlyMap<string, boolean>;

const settledBy = ({ rules }: PolicySide, about: readonly string[], met: MetThen): Settled =>
  new Map(
    about.flatMap((rule) => {
      const facts = rules.get(rule);
      const was = facts === undefined ? undefined : met.get(facts.condition);
      return was === undefined || facts?.action === 'allow' ? [] : [[rule, was] as const];
    }),
  );

/** The rules that are certainly met, the most severe first. */
function surelyMet(
  { rules }: PolicySide,
  { matched }: GuardDecision,
  { settled, unrecorded }: { settled: Settled; unrecorded: ReadonlyMap<string, unknown> },
): readonly { rule: string; action: GuardrailAction }[] {
  const now = new Set(matched.map(({ rule }) => rule));
  const isMet = (rule: string) => settled.get(rule) ?? (now.has(rule) && !unrecorded.has(rule));
  return [...rules]
    .filter(([rule]) => isMet(rule))
    .map(([rule, { action }]) => ({ rule, action }))
    .toSorted((one, other) => severityOf(other.action) - severityOf(one.action));
}

/** The rules that the body would tell of; all of them, when none was asked because of a deny that was not met. */
function left(
  about: readonly string[],
  { least, most, settled }: Bounds & { readonly settled: Settled },
): readonly string[] {
  const wasNone = least.matched.some(
    ({ rule, action }) => action === 'deny' && settled.get(rule) === false,
  );
  return wasNone ? about : most.matched.map(({ rule }) => rule);
}

interface Bounds {
  readonly least: GuardDecision;
  readonly most: GuardDecision;
}

function judge({ guardrails }: PolicySide, { call }: RecordedCall): Bounds {
  const judgement = guardrails.judge(call);
  if (judgement.kind === 'decided') return { least: judgement.decision, most: judgement.decision };
  return { least: judgement.withoutBody(), most: judgement.decide({}) };
}

/** What a rule looks at and is not there. What a call is on, any rule may look at. */
function missingOf(
  { rules }: PolicySide,
  rule: string,
  missing: ReadonlySet<Missing>,
): readonly Missing[] {
  const facts = rules.get(rule)?.looksAt;
  return [...missing].filter((fact) => fact === 'names' || facts?.has(fact) === true);
}

/** Whether two policies say the same of a call; `undefined` when it cannot be told. */
export function isSame(before: Said, after: Said): boolean | undefined {
  if (before.isTold && after.isTold) return before.atLeast === after.atLeast;
  if (before.isOpen || after.isOpen) return undefined;
  // The same rules of the same text are met or not on both sides, whatever is missing.
  return before.atLeast === after.atLeast && isEqual(before.unsure, after.unsure)
    ? true
    : undefined;
}

const isEqual = (one: ReadonlyMap<string, string>, other: ReadonlyMap<string, string>): boolean =>
  one.size === other.size && [...one].every(([rule, text]) => other.get(rule) === text);
