import { describe, expect, it } from 'vitest';
import { AppError, EventStoreError } from '@drawbridge/kernel';
import { TokenRefused } from '@drawbridge/token';
import { problemOf } from './problem-of.js';
import { RequestRefused } from './request-refused.js';

const statuses = { self_approval: 403, request_unknown: 404 };

describe('the problem document of an error', () => {
  it.each([
    { error: new AppError('self_approval', 'no'), status: 403 },
    { error: new AppError('request_unknown', 'none'), status: 404 },
    { error: new RequestRefused('body_too_large', 'big'), status: 413 },
    { error: new TokenRefused('token_expired', 'late'), status: 401 },
    { error: new TokenRefused('token_subject_disabled', 'off'), status: 403 },
    { error: new EventStoreError('event_store_unavailable', 'away'), status: 503 },
    { error: new EventStoreError('append_conflict', 'late'), status: 409 },
  ])('$error has status $status, its code and its message', ({ error, status }) => {
    expect(problemOf(error, statuses)).toStrictEqual({
      type: `urn:drawbridge:problem:${error.code}`,
      title: expect.stringMatching(/^[A-Z]/) as string,
      status,
      code: error.code,
      detail: error.message,
    });
  });

  it.each([
    ['an error', new Error('secret detail')],
    ['a code nobody registered', new AppError('unheard_of', 'secret detail')],
    ['a code that every object has', new AppError('constructor', 'secret detail')],
    ['another', new AppError('__proto__', 'secret detail')],
    ['a text', 'secret detail'],
    ['nothing', undefined],
    ['a look-alike', { code: 'self_approval', message: 'secret detail', status: 200 }],
  ])('is an internal error without detail for %s', (_what, error) => {
    const problem = problemOf(error, statuses);
    expect(problem).toMatchObject({ status: 500, code: 'internal_error' });
    expect(JSON.stringify(problem)).not.toContain('secret detail');
  });

  it('lists bad fields', () => {
    const errors = [{ field: '/name', message: 'required' }];
    expect(problemOf(new RequestRefused('body_invalid', 'x', errors))).toMatchObject({ errors });
  });
});
