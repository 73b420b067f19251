import { describe, expect, it } from 'vitest';
import { ApiRefused } from '../api/api-refused.js';
import { CliError } from '../cli-error.js';
import { failureOf, failureText } from './error-text.js';

const problem = {
  type: 'urn:drawbridge:problem:body_invalid',
  title: 'Bad request',
  status: 400,
  code: 'body_invalid',
  detail: 'the body is not valid: /durationSeconds: expected at most 86400',
  errors: [{ field: '/durationSeconds', message: 'expected at most 86400' }],
  requestId: '019c0000-0000-7000-8000-000000000001',
};

describe('a failure', () => {
  it('of the server names the fields, line by line, and the request', () => {
    expect(failureText(failureOf(new ApiRefused(problem)))).toBe(
      [
        'error: the body is not valid (body_invalid)',
        '  /durationSeconds: expected at most 86400',
        'request id: 019c0000-0000-7000-8000-000000000001',
        '',
      ].join('\n'),
    );
  });

  it('of our own says what to do', () => {
    const error = new CliError('not_logged_in', 'profile "x" is not logged in', {
      advice: 'log in',
    });
    expect(failureOf(error)).toStrictEqual({
      code: 'not_logged_in',
      message: 'profile "x" is not logged in',
      advice: 'log in',
      exitCode: 3,
    });
    expect(failureText(failureOf(error))).toBe(
      'error: profile "x" is not logged in (not_logged_in)\nwhat to do: log in\n',
    );
  });

  it('that nobody expected shows its message and nothing else', () => {
    const error = Object.assign(new Error('odd'), { token: 'canary' });
    expect(failureOf(error)).toStrictEqual({ code: 'internal_error', message: 'odd', exitCode: 1 });
    expect(failureOf('odd').message).toBe('odd');
  });

  it.each([
    [400, 2],
    [401, 3],
    [403, 4],
    [404, 1],
    [409, 1],
    [422, 4],
    [429, 9],
    [500, 1],
    [503, 9],
  ])('with status %d ends the process with %d', (status, exitCode) => {
    expect(failureOf(new ApiRefused({ ...problem, status })).exitCode).toBe(exitCode);
  });

  it('with status 401 sends to the login', () => {
    expect(failureOf(new ApiRefused({ ...problem, status: 401 })).advice).toContain('login');
  });
});
