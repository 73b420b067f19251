import { describe, expect, it } from 'vitest';
import { configurationOf, documents, problemsOf, valid } from '../test/configuration-of.js';

const routing = (...routes: string[]) =>
  `apiVersion: drawbridge.dev/v1alpha1
kind: Routing
metadata: {name: cards}
spec: {routes: [${routes.join(', ')}]}`;
const rest = [valid.issuer(), valid.action(), valid.connection(), valid.human(), valid.schedule()];
const problems = (text: string) =>
  problemsOf(documents(...rest, text)).map((problem) => problem.replace(/^\d+:\d+ /, ''));
const warnings = (text: string) =>
  configurationOf({ f: documents(...rest, text) }).warnings.map(
    ({ field, message }) => `${field}: ${message}`,
  );

describe('routes', () => {
  it('take everything that they do not narrow', () => {
    const { routings } = configurationOf({ f: documents(...rest, routing('{channel: C0A}')) });
    expect(routings[0]?.spec.routes).toStrictEqual([{ when: {}, channel: 'C0A' }]);
  });

  it('name connections and schedules that there are', () => {
    expect(
      problems(routing("{channel: C1, when: {connections: [x]}, alsoDirect: ['on-call:y']}")),
    ).toStrictEqual([
      'spec.routes[0].when.connections[0]: there is no Connection "x"',
      'spec.routes[0].alsoDirect[0]: no Schedule document is named "y"',
    ]);
  });

  it.each([
    ['a name for a channel', "{channel: '#approvals'}"],
    ['a risk that is none', '{channel: C1, when: {risk: [deadly]}}'],
    ['a field that is not there', '{channel: C1, when: {agents: [x]}}'],
  ])('have not %s', (_what, route) => expect(problems(routing(route))).toHaveLength(1));

  it('warn of teams and groups that are nobody, and of what is never reached', () => {
    expect(
      warnings(
        routing(
          '{channel: C1, when: {teams: [x]}, alsoDirect: [nobody]}',
          '{channel: C2}',
          '{channel: C3}',
        ),
      ),
    ).toStrictEqual([
      'spec.routes[0].when.teams[0]: no Connection has the label team: x',
      'spec.routes[0].alsoDirect[0]: no Human with a Slack account is in "nobody"',
      'spec.routes[2]: is never reached: a route before it takes everything',
    ]);
  });
});
