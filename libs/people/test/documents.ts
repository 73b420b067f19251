import type {
  HumanDocument,
  Principal,
  ScheduleDocument,
  ScheduleSpec,
} from '@drawbridge/contracts';

export const issuer = 'https://id.corp.test';
const header = <Kind extends string>(kind: Kind, name: string) => ({
  apiVersion: 'drawbridge.dev/v1alpha1' as const,
  kind,
  metadata: { name, labels: {} },
});

export const humanDocument = (
  name: string,
  groups: string[],
  more: Partial<HumanDocument['spec']> = {},
): HumanDocument => ({
  ...header('Human', name),
  spec: {
    issuer,
    subject: name,
    email: `${name}@corp.test`,
    groups,
    slack: { team: 'T1', user: `U-${name}` },
    ...more,
  },
});

/** A week each from a Monday at nine in Berlin: alice, then bob. */
export const weekly: ScheduleSpec = {
  timeZone: 'Europe/Berlin',
  rotation: {
    start: '2026-03-16T09:00',
    everySeconds: 604_800,
    people: ['alice@corp.test', 'bob@corp.test'],
  },
  overrides: [],
};
export const scheduleDocument = (
  more: Partial<ScheduleSpec> = {},
  name = 'payments',
): ScheduleDocument => ({ ...header('Schedule', name), spec: { ...weekly, ...more } });

export const human = (name: string, groups: string[] = []): Principal => ({
  kind: 'human',
  issuer,
  subject: name,
  email: `${name}@corp.test`,
  groups,
});
export const agent: Principal = {
  kind: 'agent',
  issuer,
  subject: 'agent-oncall',
  groups: ['oncall-agents'],
  owner: 'dana@corp.test',
};
