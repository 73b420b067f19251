import { randomUUID } from 'node:crypto';
import type { UseEvent } from '@drawbridge/contracts';
import { specify } from '@drawbridge/testing';
import { describe, expect, it } from 'vitest';
import { grantUse, useOf } from './grant-use.js';

const { given } = specify(grantUse);
const grant = { grantId: randomUUID(), accessRequestId: randomUUID() };
const [first, second] = [randomUUID(), randomUUID()];
const counted = (commandId: string, isChange = false): UseEvent => ({
  type: 'CallCounted',
  data: { ...grant, commandId, isChange },
});
const finished = (commandId: string): UseEvent => ({
  type: 'CallFinished',
  data: { ...grant, commandId },
});
const count = (commandId: string, isChange = false, limits: object = { maxCalls: 1 }) => ({
  type: 'CountCall' as const,
  ...grant,
  commandId,
  isChange,
  limits,
});

describe('counting a call', () => {
  it('records it', () => given().when(count(first, true)).then(counted(first, true)));

  it('records it once', () => given(counted(first)).when(count(first)).thenNothing());

  it('refuses the one that is too many', () =>
    given(counted(first)).when(count(second)).thenRefused('grant_used_up'));

  it('refuses it when the others are over too', () =>
    given(counted(first), finished(first)).when(count(second)).thenRefused('grant_used_up'));

  it('of which only changes are limited refuses changes', () => {
    const limits = { maxChanges: 1 };
    given(counted(first, true))
      .when(count(second, true, limits))
      .thenRefused('grant_used_up');
    given(counted(first, true))
      .when(count(second, false, limits))
      .then(counted(second));
  });
});

describe('the end of a call', () => {
  const finish = { type: 'FinishCall' as const, ...grant, commandId: first };

  it('is recorded once, and only of a call that was counted', () => {
    given(counted(first)).when(finish).then(finished(first));
    given(counted(first), finished(first)).when(finish).thenNothing();
    given(counted(second)).when(finish).thenNothing();
  });
});

describe('a group that was lost', () => {
  const tokenIssuedAt = '2026-01-05T09:00:00.000Z';
  const lose = { type: 'LoseGroup' as const, ...grant, commandId: first, tokenIssuedAt };
  const lost: UseEvent = {
    type: 'GrantGroupLost',
    data: { ...grant, commandId: first, tokenIssuedAt },
  };

  it('is recorded once, and changes no count', () => {
    given(counted(first)).when(lose).then(lost);
    given(lost)
      .when({ ...lose, commandId: second })
      .thenNothing();
    expect(useOf([counted(first), lost])).toMatchObject({ calls: 1, groupLostBy: tokenIssuedAt });
  });
});

describe('the use of a grant', () => {
  it('is what was counted, however often it is told', () => {
    const use = useOf([counted(first, true), counted(first, true), counted(second)]);
    expect(use).toMatchObject({ calls: 2, changes: 1 });
    expect([...use.running]).toStrictEqual([first, second]);
  });
});
