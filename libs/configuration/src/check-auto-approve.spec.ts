import { describe, expect, it } from 'vitest';
import { configurationOf, documents, problemsOf, valid } from '../test/configuration-of.js';

const rest = [valid.issuer(), valid.human(), valid.action(), valid.connection()];
const problems = (autoApprove: string, ...texts: readonly string[]) =>
  problemsOf(
    documents(...rest, ...texts, valid.policy(`actions: [view]\nautoApprove: [${autoApprove}]`)),
  ).map((problem) => problem.replace(/^\d+:\d+ /, ''));
const rule = (when: string, more = 'name: small, actions: [view]') => `{${more}, when: ${when}}`;

describe('rules for asking nobody', () => {
  it('have conditions that can hold', () => {
    const when =
      '{environments: [production], risk: {atMost: 30}, times: [{days: [mon], hours: 09:00-17:00}], onCall: {schedule: payments, is: owner}, perHour: 5, maxDurationSeconds: 600}';
    expect(problems(rule(when), valid.schedule())).toStrictEqual([]);
  });

  it.each([
    ['{}', 'spec.autoApprove[0].when: asks nobody at any time: expected at least one condition'],
    ['{perHour: 0}', 'spec.autoApprove[0].when.perHour'],
    ['{risk: {atMost: 101}}', 'spec.autoApprove[0].when.risk.atMost'],
    ['{ticket: {}}', 'spec.autoApprove[0].when'],
    [
      '{onCall: {schedule: nights, is: owner}}',
      'spec.autoApprove[0].when.onCall.schedule: no Schedule document is named "nights"',
    ],
    ['{times: [{timeZone: UTC}]}', 'spec.autoApprove[0].when.times[0]: is always'],
    [
      '{times: [{timeZone: Nowhere, days: [mon]}]}',
      'spec.autoApprove[0].when.times[0].timeZone: expected an IANA time zone',
    ],
  ])('refuse %s', (when, problem) => {
    expect(problems(rule(when))[0]).toContain(problem);
  });

  it('are about actions of the policy, and each has a name of its own', () => {
    expect(problems(rule('{perHour: 1}', 'name: small, actions: [scale]'))).toStrictEqual([
      'spec.autoApprove[0].actions[0]: the policy has no action "scale"',
    ]);
    expect(problems(`${rule('{perHour: 1}')}, ${rule('{perHour: 2}')}`)).toStrictEqual([
      'spec.autoApprove[1].name: "small" stands there twice',
    ]);
  });
});

describe('risk documents', () => {
  const risk = (when: string, points = '20') =>
    `apiVersion: drawbridge.dev/v1alpha1\nkind: Risk\nmetadata: {name: ours}\nspec: {rules: [{name: r, points: ${points}, reason: because, when: ${when}}]}\n`;
  const of = (text: string) => problemsOf(documents(...rest, text));

  it('add points, and never take any', () => {
    const text = risk('{verbs: [delete], outside: {timeZone: UTC, hours: 09:00-17:00}}');
    expect(configurationOf({ f: documents(...rest, text) }).risks).toHaveLength(1);
    expect(of(risk('{verbs: [delete]}', '-1'))[0]).toContain('points');
    expect(of(risk('{}'))[0]).toContain('is always: expected at least one condition');
    expect(of(risk('{outside: {timeZone: UTC, hours: 09:00-09:00}}'))[0]).toContain(
      'outside.hours',
    );
  });
});
