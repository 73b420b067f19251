/** A non-human caller of the demo: logs in with its own id and secret (client credentials). */
export interface DemoAgent {
  /** Client id, and `sub` of its tokens. */
  readonly id: string;
  /** Known to everybody who can read this file: it opens nothing but the demo. */
  readonly secret: string;
  readonly groups: readonly string[];
  /** E-mail address of the human answerable for it. */
  readonly owner: string;
}

/** A person of the demo: logs in with the device flow, without a password. */
export interface DemoHuman {
  /** `sub` of the person's tokens; not the e-mail address, so that nothing can mistake one for the other. */
  readonly id: string;
  readonly name: string;
  readonly email: string;
  readonly groups: readonly string[];
}

/** Public client with which approvers log in afresh in a browser. */
export const DEMO_WEB_CLIENT = 'drawbridge-approvals';

/** Public client with which the demo's humans log in from a terminal. */
export const DEMO_DEVICE_CLIENT = 'drawbridge-cli';

const agent = (id: string, groups: readonly string[]): DemoAgent => ({
  id,
  secret: `${id}-demo-secret`,
  groups,
  owner: 'dana@corp.test',
});
const human = (name: string, groups: readonly string[]): DemoHuman => ({
  id: `human-${name.toLowerCase()}`,
  name,
  email: `${name.toLowerCase()}@corp.test`,
  groups,
});

/** Everybody in the demo. Dana owns the agents and so can never approve for them; Erin is not on call. */
export const demoPeople = {
  agents: [
    agent('agent-oncall', ['oncall-agents']),
    agent('agent-reader', ['readers']),
    agent('agent-nobody', []),
  ],
  humans: [
    human('Alice', ['sre-oncall']),
    human('Bob', ['sre-oncall', 'auditors']),
    human('Dana', ['sre-oncall']),
    human('Erin', ['developers']),
  ],
} as const satisfies { agents: readonly DemoAgent[]; humans: readonly DemoHuman[] };
