import type { DemoSlackUser } from '@drawbridge/embedded';

export const AUDIENCE = 'drawbridge';
/** Of every agent. */
export const AGENTS_GROUP = 'oncall-agents';
/** Of every approver. */
export const APPROVERS_GROUP = 'sre-oncall';
/** Of the agents; so never their approver. */
export const OWNER = 'dana@corp.test';

/** Everybody in the workspace of the Slack stand-in but the agents' owner. */
export const slackApprovers = ['alice', 'bob', 'erin'] as const satisfies readonly DemoSlackUser[];

type SlackApprover = (typeof slackApprovers)[number];

export interface Approver {
  readonly name: string;
  readonly subject: string;
  readonly email: string;
  /** Absent: has no account in Slack. */
  readonly slack?: SlackApprover;
}

const approver = (name: string) => ({
  name,
  subject: `human-${name}`,
  email: `${name}@corp.test`,
});

/** Eight humans; three of them have Slack. */
export const approvers: readonly Approver[] = [
  ...slackApprovers.map((name) => ({ ...approver(name), slack: name })),
  ...['fay', 'gil', 'hal', 'ida', 'jon'].map(approver),
];

export const agentName = (number: number): string => `agent-${number}`;

/** What a token of a person says, but for where it comes from and how long it is good for. */
export interface Claims extends Readonly<Record<string, unknown>> {
  readonly sub: string;
}

export const agentClaims = (number: number): Claims => ({
  sub: agentName(number),
  principal_type: 'agent',
  groups: [AGENTS_GROUP],
  owner: OWNER,
});

export const approverClaims = ({ subject, email }: Approver): Claims => ({
  sub: subject,
  principal_type: 'human',
  groups: [APPROVERS_GROUP],
  email,
});
