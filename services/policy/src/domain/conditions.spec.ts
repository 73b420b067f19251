import { describe, expect, it } from 'vitest';
import { peopleOf } from '@drawbridge/people';
import type { AutoApproveRule, ScheduleDocument } from '@drawbridge/contracts';
import {
  agent,
  alice,
  at,
  calm,
  documentOf,
  oncall,
  oneHuman,
  policySet,
  request,
} from '../../test/story.js';
import { rateKey, type Circumstances, type Place } from './circumstances.js';
import { judge } from './judge.js';
import type { PolicySet } from './policy-set.js';

const schedule = (person: string): ScheduleDocument => ({
  apiVersion: 'drawbridge.dev/v1alpha1',
  kind: 'Schedule',
  metadata: { name: 'payments', labels: {} },
  spec: {
    timeZone: 'UTC',
    rotation: { start: '2026-01-01T00:00', everySeconds: 3600, people: [person] },
    overrides: [],
  },
});
const known: Circumstances = {
  ...calm(),
  history: { isFirstHere: false, requestsInLastHour: 0, deniedInLastDay: 0 },
};
const ownedBy = (owner: string) => ({ ...agent, owner });
const rule = (when: AutoApproveRule['when'], more: Partial<AutoApproveRule> = {}) => ({
  name: 'small',
  actions: ['rollout-restart'],
  when,
  ...more,
});
const withRules = (...autoApprove: readonly AutoApproveRule[]): PolicySet =>
  policySet({ ...oncall, autoApprove });

interface Case {
  readonly what: string;
  readonly when: AutoApproveRule['when'];
  readonly is: boolean;
  readonly found: string;
  readonly now?: Circumstances;
  readonly people?: ReturnType<typeof peopleOf>;
}
const placed = (place: Place): Circumstances => ({
  ...known,
  places: new Map([[rateKey({ policy: 'production-oncall', rule: 'small' }), place]]),
});
const people = (person: string) => peopleOf([documentOf(alice)], [schedule(person)]);
const inProgress = { ticket: { webhook: 'jira', states: ['In Progress', 'Approved'] } };
const ticketIs = (state: string, webhook = 'jira'): Circumstances => ({
  ...known,
  tickets: new Map([[webhook, state]]),
});
const ticketCases: readonly Case[] = [
  { state: ticketIs('In Progress'), is: true, found: 'INC-4211 is In Progress' },
  { state: ticketIs('Approved'), is: true, found: 'INC-4211 is Approved' },
  { state: ticketIs('Done'), is: false, found: 'INC-4211 is Done' },
  { state: ticketIs('in progress'), is: false, found: 'INC-4211 is in progress' },
  { state: ticketIs('Approved', 'snow'), is: false, found: 'not known' },
  { state: known, is: false, found: 'not known' },
].map(({ state, is, found }) => ({ what: 'ticket', when: inProgress, is, found, now: state }));
/** Alice owns the agent here. */
const cases: readonly Case[] = [
  { what: 'environment', when: { environments: ['production'] }, is: true, found: 'production' },
  { what: 'environment', when: { environments: ['staging'] }, is: false, found: 'production' },
  { what: 'duration', when: { maxDurationSeconds: 900 }, is: true, found: '900 s' },
  { what: 'duration', when: { maxDurationSeconds: 899 }, is: false, found: '900 s' },
  { what: 'risk', when: { risk: { atMost: 30 } }, is: true, found: '30' },
  { what: 'risk', when: { risk: { atMost: 29 } }, is: false, found: '30' },
  {
    what: 'risk',
    when: { risk: { atMost: 100 } },
    is: false,
    found: 'not known',
    now: calm(),
  },
  // 2026-01-05 is a Monday, and it is nine in the morning.
  {
    what: 'time',
    when: { times: [{ timeZone: 'UTC', days: ['mon'], hours: '09:00-17:00' }] },
    is: true,
    found: at,
  },
  {
    what: 'time',
    when: { times: [{ timeZone: 'Europe/Berlin', hours: '09:00-10:00' }] },
    is: false,
    found: at,
  },
  {
    what: 'onCall',
    when: { onCall: { schedule: 'payments', is: 'owner' } },
    is: true,
    found: 'alice@corp.test is',
    people: people('alice@corp.test'),
  },
  {
    what: 'onCall',
    when: { onCall: { schedule: 'payments', is: 'owner' } },
    is: false,
    found: 'bob@corp.test is',
    people: people('bob@corp.test'),
  },
  {
    what: 'onCall',
    when: { onCall: { schedule: 'payments', is: 'requester' } },
    is: false,
    found: 'alice@corp.test is',
    people: people('alice@corp.test'),
  },
  {
    what: 'onCall',
    when: { onCall: { schedule: 'nights', is: 'owner' } },
    is: false,
    found: 'not known',
    people: people('alice@corp.test'),
  },
  {
    what: 'onCall',
    when: { onCall: { schedule: 'payments', is: 'owner' } },
    is: false,
    found: 'not known',
  },
  ...ticketCases,
  { what: 'rate', when: { perHour: 5 }, is: true, found: 'fewer', now: placed('free') },
  { what: 'rate', when: { perHour: 5 }, is: false, found: 'as many already', now: placed('taken') },
  { what: 'rate', when: { perHour: 5 }, is: false, found: 'not known', now: placed('unknown') },
];

describe('a condition for asking nobody', () => {
  it.each(cases)('$what: $found is $is for $when', ({ what, when, is, found, now, people }) => {
    const set = { ...withRules(rule(when)), ...(people && { people }) };
    const plea = { request, requester: ownedBy('alice@corp.test') };
    const verdict = judge(plea, set, now ?? known);
    // With alice as the owner and the only human there is nobody to ask.
    if (!is && people !== undefined) {
      expect(verdict).toHaveProperty('denial.code', 'no_eligible_approver');
      return;
    }
    expect(verdict).toMatchObject({
      validated: {
        approval: is ? { type: 'none' } : oneHuman,
        facts: [{ rule: 'small', condition: what, found, isMet: is }],
      },
    });
    expect('validated' in verdict && verdict.validated.autoApproved).toBe(is ? 'small' : undefined);
  });

  it.each([
    ['2026-01-05T18:00:00.000Z', true],
    ['2026-01-05T09:30:00.000Z', false],
  ])('of hours and turns must hold when the grant would open, at %s', (startAt, is) => {
    const times = [{ timeZone: 'UTC', hours: '17:00-23:00' }];
    const policy = {
      ...oncall,
      start: { maxAheadSeconds: 86_400 },
      autoApprove: [rule({ times })],
    };
    const plea = { request: { ...request, startAt }, requester: agent };
    expect(judge(plea, policySet(policy), known)).toMatchObject({
      validated: { facts: [{ condition: 'time', found: startAt, isMet: is }] },
    });
  });

  it('must hold with all the others', () => {
    const when = { environments: ['production'], maxDurationSeconds: 60 };
    expect(judge({ request, requester: agent }, withRules(rule(when)), known)).toMatchObject({
      validated: { approval: oneHuman, facts: [{ isMet: true }, { isMet: false }] },
    });
  });

  it('is not looked at for another action, nor where nothing is known of now', () => {
    const set = withRules(rule({ environments: ['production'] }, { actions: ['view'] }));
    const verdict = judge({ request, requester: agent }, set, known);
    expect(verdict).toMatchObject({ validated: { approval: oneHuman } });
    expect(verdict).not.toHaveProperty('validated.facts');
    const now = withRules(rule({ environments: ['production'] }));
    expect(judge({ request, requester: agent }, now)).toMatchObject({
      validated: { approval: oneHuman },
    });
  });

  it('may hold for a later rule; what was found of those before is noted too', () => {
    const set = withRules(
      rule({ environments: ['staging'] }, { name: 'first' }),
      rule({ environments: ['production'] }, { name: 'second' }),
    );
    expect(judge({ request, requester: agent }, set, known)).toMatchObject({
      validated: {
        autoApproved: 'second',
        facts: [
          { rule: 'first', isMet: false },
          { rule: 'second', isMet: true },
        ],
      },
    });
  });

  it('asks nobody also where nobody could approve', () => {
    const set = { ...withRules(rule({ environments: ['production'] })), people: peopleOf([], []) };
    const orphan = ownedBy(' ');
    expect(judge({ request, requester: orphan }, set, known)).toMatchObject({
      validated: { approval: { type: 'none' } },
    });
  });
});

describe('a place among so many in an hour', () => {
  const limited = withRules(
    rule({ environments: ['production'], perHour: 5 }),
    rule({ perHour: 1 }, { name: 'other' }),
  );
  const verdict = (places: Circumstances['places']) =>
    judge({ request, requester: agent }, limited, { ...known, ...(places && { places }) });
  const key = (name: string) => rateKey({ policy: 'production-oncall', rule: name });

  it('is wanted only where all else holds, and until then nobody is let through', () => {
    expect(verdict(undefined)).toMatchObject({
      wants: { policy: 'production-oncall', rule: 'small', perHour: 5 },
      validated: { approval: oneHuman },
    });
    const staging = withRules(rule({ environments: ['staging'], perHour: 5 }));
    expect(judge({ request, requester: agent }, staging, known)).not.toHaveProperty('wants');
  });

  it('is wanted also where it is the only condition', () =>
    expect(
      judge({ request, requester: agent }, withRules(rule({ perHour: 1 })), known),
    ).toHaveProperty('wants.rule', 'small'));

  it('is wanted of the next rule where the first has none', () => {
    expect(verdict(new Map([[key('small'), 'taken']]))).toMatchObject({ wants: { rule: 'other' } });
    expect(
      verdict(
        new Map([
          [key('small'), 'taken'],
          [key('other'), 'free'],
        ]),
      ),
    ).toMatchObject({ validated: { autoApproved: 'other' } });
  });
});
