import type {
  AccessTerms,
  AutoApproveRule,
  ConditionFact,
  Principal,
  Risk,
} from '@drawbridge/contracts';
import { onCallGroup } from '@drawbridge/contracts';
import { isWithinHours, onCall, onCallGroups, type People } from '@drawbridge/people';
import { likenessTo } from '@drawbridge/scope';
import { rateKey, type Circumstances, type RateLimit } from './circumstances.js';
import type { Policy } from './policy-set.js';

/** Everything that conditions are about. */
export interface Situation {
  readonly policy: Policy;
  readonly terms: AccessTerms;
  readonly requester: Principal;
  readonly risk: Risk;
  readonly people?: People | undefined;
  readonly circumstances: Circumstances;
  /** There is a risk model, and it said nothing. */
  readonly isModelSilent?: boolean;
}

/** Which rule asks nobody, if one does, and what was found of all that were tried. */
export interface AutoApproval {
  readonly rule?: string;
  readonly facts: readonly ConditionFact[];
  /** The one thing that is not known yet, and has to be asked for: a place. */
  readonly wants?: RateLimit;
}

type When = AutoApproveRule['when'];
type Found = Pick<ConditionFact, 'wanted' | 'found' | 'isMet'>;
/** `undefined`: the rule has no such condition. */
type Condition = (when: When, situation: Situation) => Found | undefined;

/** When the grant would open: hours and turns have to be right then. */
const beginOf = ({ terms: { startAt }, circumstances: { at } }: Situation): string =>
  startAt === undefined || Date.parse(startAt) < Date.parse(at) ? at : startAt;

const unknown = (wanted: string): Found => ({ wanted, found: 'not known', isMet: false });

/** All that can be told at once; places come last, since asking takes one. */
const conditions: Readonly<Record<string, Condition>> = {
  environment: ({ environments }, { terms: { environment } }) =>
    environments && {
      wanted: environments.join(' or '),
      found: environment,
      isMet: environments.includes(environment),
    },
  duration: ({ maxDurationSeconds: most }, { terms: { durationSeconds } }) =>
    most === undefined
      ? undefined
      : {
          wanted: `at most ${most} s`,
          found: `${durationSeconds} s`,
          isMet: durationSeconds <= most,
        },
  risk: ({ risk: limit }, situation) => limit && foundRisk(limit, situation),
  time: ({ times }, situation) => {
    const at = beginOf(situation);
    return (
      times && {
        wanted: times
          .map(({ days = ['any day'], hours = 'any hour', timeZone }) =>
            [days.join(' '), hours, timeZone].join(' '),
          )
          .join(', or '),
        found: at,
        isMet: times.some((window) => isWithinHours(window, at)),
      }
    );
  },
  onCall: ({ onCall: wanted }, situation) => wanted && foundOnCall(wanted, situation),
  ticket: ({ ticket: wanted }, situation) => wanted && foundTicket(wanted, situation),
};

function foundRisk(
  { atMost }: { atMost: number },
  { risk: { score }, circumstances: { history }, isModelSilent }: Situation,
): Found {
  const wanted = `at most ${atMost}`;
  // Without the history, or the model, the score is too low.
  if (score === undefined || history === undefined) return unknown(wanted);
  if (isModelSilent === true) return unknown(wanted);
  return { wanted, found: String(score), isMet: score <= atMost };
}

function foundTicket(
  { webhook, states }: NonNullable<When['ticket']>,
  { terms: { ticket }, circumstances: { tickets } }: Situation,
): Found {
  const wanted = `its ticket is ${states.join(' or ')} in ${webhook}`;
  if (ticket === undefined) return { wanted, found: 'no ticket', isMet: false };
  const state = tickets?.get(webhook);
  return state === undefined
    ? unknown(wanted)
    : { wanted, found: `${ticket} is ${state}`, isMet: states.includes(state) };
}

function foundOnCall(
  { schedule: name, is }: NonNullable<When['onCall']>,
  situation: Situation,
): Found {
  const { people, requester } = situation;
  const at = beginOf(situation);
  const wanted = `the ${is} is on call for ${name}`;
  const schedule = people?.schedules.find((one) => one.name === name);
  const email = schedule && onCall(schedule, at);
  if (people === undefined || email === undefined) return unknown(wanted);
  const isMet =
    is === 'requester'
      ? onCallGroups(people, requester, at).includes(onCallGroup(name))
      : isOwnedBy(requester, email, people);
  return { wanted, found: `${email} is`, isMet };
}

/** An owner may be named by address or by subject; the schedule names an address. */
function isOwnedBy({ owner }: Principal, email: string, { humans }: People): boolean {
  if (owner === undefined) return false;
  return humans.some(
    ({ principal }) =>
      principal.email?.toLowerCase() === email.toLowerCase() &&
      likenessTo(principal, owner) === 'same',
  );
}

/**
 * Tries the rules of a policy for asking nobody, in their order; the first whose conditions all hold decides. A place
 * among so many in an hour is wanted only where everything else holds, and is a condition like any other once it is
 * known whether there was one.
 */
export function autoApproval(situation: Situation): AutoApproval {
  const { policy, terms } = situation;
  const facts: ConditionFact[] = [];
  for (const rule of policy.autoApprove) {
    if (terms.action === undefined || !rule.actions.includes(terms.action)) continue;
    const found = Object.entries(conditions).flatMap(([condition, judge]) => {
      const fact = judge(rule.when, situation);
      return fact === undefined ? [] : [{ rule: rule.name, condition, ...fact }];
    });
    facts.push(...found);
    if (!found.every(({ isMet }) => isMet)) continue;
    const place = placeIn(rule, situation);
    if (place === undefined) return { rule: rule.name, facts };
    if ('wants' in place) return { facts, wants: place.wants };
    facts.push(place);
    if (place.isMet) return { rule: rule.name, facts };
  }
  return { facts };
}

function placeIn(
  { name: rule, when: { perHour } }: AutoApproveRule,
  { policy, requester, circumstances }: Situation,
): ConditionFact | { readonly wants: RateLimit } | undefined {
  if (perHour === undefined) return undefined;
  const limit: RateLimit = { policy: policy.name, rule, requester, perHour };
  const place = circumstances.places?.get(rateKey(limit));
  if (place === undefined) return { wants: limit };
  return {
    rule,
    condition: 'rate',
    wanted: `at most ${perHour} an hour`,
    found: { free: 'fewer', taken: 'as many already', unknown: 'not known' }[place],
    isMet: place === 'free',
  };
}
