import type { AccessEventType } from '@drawbridge/contracts';

/** What one human's approval makes of a request: each of these once, in this order, and nothing else. */
const STORY: readonly AccessEventType[] = [
  'AccessRequested',
  'AccessRequestValidated',
  'ApprovalRequested',
  'ApprovalGiven',
  'AccessRequestApproved',
  'GrantIssued',
];

/**
 * What is wrong with the events of an approved request, as they stand in the stream.
 *
 * @returns a sentence, or `undefined` when all is well
 */
export function orderProblem(
  requestId: string,
  types: readonly AccessEventType[],
): string | undefined {
  const grants = types.filter((type) => type === 'GrantIssued').length;
  if (grants !== 1) return `${requestId} has ${grants} grants: ${types.join(', ')}`;
  if (types.join() === STORY.join()) return undefined;
  return `${requestId} is not in order: ${types.join(', ')}`;
}
