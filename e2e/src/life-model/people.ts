import type { HumanDocument, Principal } from '@drawbridge/contracts';
import { peopleOf, type People } from '@drawbridge/people';

/** Everybody who takes part in the model, the ones who must never have a say included. */
const issuer = 'https://id.corp.test';
const human = (subject: string, groups: string[], email = `${subject}@corp.test`): Principal => ({
  kind: 'human',
  issuer,
  subject,
  email,
  groups,
});
const [oncall, leads] = ['sre-oncall', 'sre-leads'];

export const alice = human('alice', [oncall]);
export const bob = human('bob', [oncall, leads]);
export const carol = human('carol', [leads]);
export const frank = human('frank', [oncall]);
/** May decide only what was escalated. */
export const gina = human('gina', ['managers']);
/** Alice's other account. */
export const twin = human('alice.admin', [leads], 'Alice@corp.test');
export const owner = human('dana', [oncall, leads, 'managers']);
export const sponsor = human('sam', [oncall, leads, 'managers']);
/** May break the glass, and would like to be the one who reviews that. */
export const nora = human('nora', ['managers']);
/** Nobody knows this account. */
export const impostor = human('nora.fake', ['managers'], 'nora@corp.test');
const outsider = human('erin', ['developers']);
const machine: Principal = { ...human('bot', [oncall, leads]), kind: 'agent' };
export const admin = human('root', ['admins']);

const agentNamed = (subject: string): Principal => ({
  kind: 'agent',
  issuer,
  subject,
  groups: ['oncall-agents'],
  owner: 'dana@corp.test',
  sponsor: 'sam@corp.test',
});
export const agents = [agentNamed('agent-one'), agentNamed('agent-two')] as const;

/** The right ones come first and more often. */
export const deciders: readonly Principal[] = [
  ...[alice, carol, bob, frank, alice, carol, bob, carol, alice],
  ...[gina, twin, owner, sponsor, outsider, machine],
];

const documentOf = ({ subject, email = '', groups }: Principal): HumanDocument => ({
  apiVersion: 'drawbridge.dev/v1alpha1',
  kind: 'Human',
  metadata: { name: subject, labels: {} },
  spec: { issuer, subject, email, groups, slack: { team: 'T', user: subject } },
});
const known = [alice, bob, carol, frank, gina, twin, owner, sponsor, nora, outsider, admin];
/** As the configuration has them, in this state of it. */
export const everybody: People = peopleOf(known.map(documentOf), []);
/** Carol leads no longer. */
export const withoutLead: People = peopleOf(
  known.map((one) => documentOf(one === carol ? { ...carol, groups: [oncall] } : one)),
  [],
);
