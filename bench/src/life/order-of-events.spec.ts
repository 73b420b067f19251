import { describe, expect, it } from 'vitest';
import type { AccessEventType } from '@drawbridge/contracts';
import { orderProblem } from './order-of-events.js';

const story = [
  'AccessRequested',
  'AccessRequestValidated',
  'ApprovalRequested',
  'ApprovalGiven',
  'AccessRequestApproved',
  'GrantIssued',
] as const satisfies readonly AccessEventType[];

const problem = (...types: readonly AccessEventType[]) => orderProblem('r1', types);

describe('the events of an approved request', () => {
  it('are in order', () => expect(problem(...story)).toBeUndefined());

  it('hold one grant', () => {
    expect(problem(...story, 'GrantIssued')).toContain('r1 has 2 grants');
    expect(problem(...story.slice(0, 5))).toContain('r1 has 0 grants');
    expect(problem()).toContain('r1 has 0 grants');
  });

  it.each<{ readonly what: string; readonly types: readonly AccessEventType[] }>([
    {
      what: 'issued before it was approved',
      types: [...story.slice(0, 4), 'GrantIssued', 'AccessRequestApproved'],
    },
    { what: 'approved without a human', types: story.filter((type) => type !== 'ApprovalGiven') },
    {
      what: 'approved twice',
      types: [...story.slice(0, 4), 'ApprovalGiven', ...story.slice(4)],
    },
    { what: 'ended while it was in use', types: [...story, 'GrantRevoked'] },
  ])('are not $what', ({ types }) => expect(problem(...types)).toContain('r1 is not in order'));
});
