import { describe, expect, it } from 'vitest';
import { specify } from '@drawbridge/testing';
import { peopleOf } from '@drawbridge/people';
import type { Principal } from '@drawbridge/contracts';
import {
  alice,
  approved,
  at,
  bob,
  calm,
  carol,
  dana,
  documentOf,
  given as yes,
  grantId,
  issued,
  oncall,
  oneHuman,
  policySet,
  requested,
  twoSteps,
  validated,
} from '../../test/story.js';
import { accessGrant } from './access-grant.js';
import type { Circumstances } from './circumstances.js';
import { judge } from './judge.js';
import type { PolicySet } from './policy-set.js';

const people = (...humans: readonly Principal[]) => peopleOf(humans.map(documentOf), []);
const { given } = specify(accessGrant);
const knowing = (...humans: readonly Principal[]): PolicySet => ({
  ...policySet(oncall),
  people: people(...humans),
});

describe('a request that nobody can approve', () => {
  const ask = requested().data;

  it('is denied at once, naming step and group', () => {
    const policies = { ...policySet({ ...oncall, approval: twoSteps() }), people: people(alice) };
    expect(judge(ask, policies, calm())).toMatchObject({
      denial: {
        code: 'no_eligible_approver',
        message:
          'step "lead" of policy "production-oncall" wants 1 human of "sre-leads"; nobody in there may approve your requests',
      },
      policy: { name: 'production-oncall' },
    });
    expect(judge(ask, { ...policies, people: people(alice, carol) }, calm())).toHaveProperty(
      'validated',
    );
  });

  it('is one whose only approver owns the agent, or is disabled', () => {
    expect(judge(ask, knowing(dana), calm())).toHaveProperty('denial.code', 'no_eligible_approver');
    const isDisabled = ({ subject }: Principal) => subject === 'alice';
    const now = { ...calm(), isDisabled };
    expect(judge(ask, knowing(alice), now)).toHaveProperty('denial.code', 'no_eligible_approver');
    expect(judge(ask, knowing(alice, bob), now)).toHaveProperty('validated');
  });

  it('says how many there are', () => {
    const policies = {
      ...policySet({ ...oncall, approval: { ...oneHuman, count: 2 } }),
      people: people(alice, dana),
    };
    expect(judge(ask, policies, calm())).toHaveProperty(
      'denial.message',
      'policy "production-oncall" wants 2 humans of "sre-oncall"; only 1 human in there may approve your requests',
    );
  });

  it('is judged by another policy that can be satisfied', () => {
    const other = { ...oncall, name: 'second', approval: { type: 'none' as const } };
    const policies = { ...policySet(oncall, other), people: people(dana) };
    expect(judge(ask, policies, calm())).toHaveProperty('validated.policy.name', 'second');
  });

  it('is asked of humans where no document tells who they are', () =>
    expect(judge(ask, policySet(oncall), calm())).toHaveProperty('validated'));
});

describe('an approved request', () => {
  const ready = [requested(), validated(), yes(alice), approved(alice)];
  const issue = (policies: PolicySet, isDisabled: Circumstances['isDisabled'] = () => false) =>
    ({ type: 'IssueGrant', grantId, policies, circumstances: { ...calm(), isDisabled } }) as const;

  it('is granted while its approvers are who they were', () =>
    given(...ready)
      .when(issue(knowing(alice)))
      .then(issued()));

  it.each([
    { who: 'is disabled', command: issue(knowing(alice), ({ subject }) => subject === 'alice') },
    { who: 'left the group', command: issue(knowing({ ...alice, groups: ['developers'] })) },
    { who: 'is in no document any more', command: issue(knowing(bob)) },
  ])('is not granted when its approver $who, though nobody has voided it yet', ({ command }) => {
    const state = ready.reduce(
      (folded, event) => accessGrant.evolve(folded, event, at),
      accessGrant.initial,
    );
    expect(accessGrant.decide(command, state)).toMatchObject({
      type: 'AccessRequestDenied',
      data: { code: 'approval_incomplete' },
    });
  });
});
