import { describe, expect, it } from 'vitest';
import { awsFailure } from './aws-failure.js';
import { skewOf } from './role-session.js';

describe('the difference to the clock of AWS', () => {
  const at = Date.parse('2026-01-05T09:00:00.000Z');
  it.each([
    ['of a second is none', at + 1_000, 0],
    ['of ten minutes ahead', at + 600_000, 600_400],
    ['of ten minutes behind', at - 600_000, -599_600],
  ])('%s', (_name, aws, skew) => {
    expect(skewOf(aws, at, at + 200)).toBe(skew);
  });
});

describe('what is told of a failed call to AWS', () => {
  const error = (name: string, message: string, status?: number) =>
    Object.assign(new Error(message), {
      name,
      $metadata: { httpStatusCode: status },
      $response: { body: 'CANARY' },
    });

  it.each([
    [
      error('AccessDenied', 'User: arn:aws:iam::1:user/a may not', 403),
      'AssumeRole failed (AccessDenied, 403): User: arn:aws:iam::1:user/a may not',
    ],
    [
      error('SignatureDoesNotMatch', 'should have been x-amz-security-token:CANARY', 403),
      'AssumeRole failed (SignatureDoesNotMatch, 403)',
    ],
    [
      Object.assign(error('Error', 'connect to CANARY'), { code: 'ECONNREFUSED' }),
      'AssumeRole failed (Error, ECONNREFUSED)',
    ],
    [error('Throttling', 'a\nb\u202e', 400), 'AssumeRole failed (Throttling, 400): a b '],
  ])('is its code', (failure, message) => {
    const told = awsFailure('AssumeRole', failure);
    expect(told.message).toBe(message);
    expect(JSON.stringify(told, Object.getOwnPropertyNames(told))).not.toContain('CANARY');
  });
});
