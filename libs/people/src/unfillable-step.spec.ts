import { describe, expect, it } from 'vitest';
import type { HumanStep, StepsRequirement } from '@drawbridge/contracts';
import { partiesOf } from '@drawbridge/scope';
import { agent, humanDocument, scheduleDocument } from '../test/documents.js';
import { peopleOf } from './people.js';
import { unfillableStep, type AskedPeople } from './unfillable-step.js';

const step = (name: string, groups: string[], more: Partial<HumanStep> = {}): HumanStep => ({
  type: 'humans',
  name,
  count: 1,
  groups,
  ...more,
});
const of = (
  steps: readonly HumanStep[],
  more: Partial<StepsRequirement> = {},
): StepsRequirement => ({
  type: 'steps',
  order: 'sequential',
  steps: [...steps],
  denyThreshold: 1,
  excludeOwner: true,
  timeoutSeconds: 1800,
  ...more,
});
const documents = [
  humanDocument('alice', ['sre']),
  humanDocument('bob', ['sre', 'leads']),
  humanDocument('dana', ['sre', 'owners']),
];
const ask = (requirement: StepsRequirement, more: Partial<AskedPeople> = {}) => {
  const found = unfillableStep({
    requirement,
    parties: partiesOf(agent),
    people: peopleOf(documents, [scheduleDocument()]),
    isDisabled: () => false,
    at: '2026-03-18T10:00:00Z',
    ...more,
  });
  return found && { step: found.step.name, groups: found.groups, eligible: found.eligible };
};

describe('a step that nobody can fill', () => {
  it('is none where there are enough humans', () =>
    expect(ask(of([step('on-call', ['sre']), step('lead', ['leads'])]))).toBeUndefined());

  it('is one whose group is empty', () =>
    expect(ask(of([step('on-call', ['sre']), step('audit', ['auditors'])]))).toStrictEqual({
      ...{ step: 'audit', groups: ['auditors'], eligible: 0 },
    }));

  it('is one that wants more than there are; the owner is not one of them', () => {
    const requirement = of([step('on-call', ['sre'], { count: 3 })]);
    expect(ask(requirement)).toStrictEqual({ step: 'on-call', groups: ['sre'], eligible: 2 });
    expect(ask({ ...requirement, excludeOwner: false })).toBeUndefined();
    expect(ask(of([step('owners', ['owners'])]))).toMatchObject({ eligible: 0 });
  });

  it('never counts a sponsor, or whoever is disabled', () => {
    const requirement = of([step('lead', ['leads'])]);
    const parties = partiesOf({ ...agent, sponsor: 'bob@corp.test' });
    expect(ask(requirement, { parties })).toMatchObject({ step: 'lead' });
    const isDisabled = ({ subject }: { subject: string }) => subject === 'bob';
    expect(ask(requirement, { isDisabled })).toMatchObject({ step: 'lead' });
  });

  it('is the second where its only human is needed for the first', () => {
    const steps = [step('lead', ['leads']), step('again', ['leads'])];
    expect(ask(of(steps))).toStrictEqual({ step: 'again', groups: ['leads'], eligible: 1 });
    // Bob is moved to where nobody else can be.
    expect(ask(of([step('any', ['sre']), step('lead', ['leads'])]))).toBeUndefined();
  });

  it('is filled by who it may be escalated to', () => {
    const escalate = [{ afterSeconds: 600, groups: ['leads'] }];
    expect(ask(of([step('audit', ['auditors'], { escalate })]))).toBeUndefined();
  });

  it('is filled by whoever comes on call in time', () => {
    const onCall = [step('on-call', ['on-call:payments'])];
    expect(ask(of(onCall))).toBeUndefined();
    const ofAlice = { ...agent, owner: 'alice@corp.test' };
    const parties = partiesOf(ofAlice);
    expect(ask(of(onCall), { parties })).toMatchObject({ step: 'on-call', eligible: 0 });
    const at = '2026-03-23T07:40:00Z';
    expect(ask(of(onCall), { parties, at })).toBeUndefined();
    expect(ask(of(onCall, { timeoutSeconds: 600 }), { parties, at })).toMatchObject({
      eligible: 0,
    });
    expect(ask(of([step('x', ['on-call:nobody'])]))).toMatchObject({ eligible: 0 });
  });
});
