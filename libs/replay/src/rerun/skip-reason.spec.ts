import type { AuditCommand } from '@drawbridge/contracts';
import { describe, expect, it } from 'vitest';
import { command } from '../../test/story-samples.js';
import type { RecordedBodies } from '../recorded-body.js';
import { Rerun } from './rerun.js';
import { skipReason } from './skip-reason.js';

const whole: RecordedBodies = {
  request: { contentType: 'application/json', text: '{}' },
  response: { contentType: 'application/json', text: '{}' },
};
const reason = (change: Partial<AuditCommand>, bodies = whole) =>
  skipReason({ command: command(1, change), bodies });
const POD = '/api/v1/namespaces/n/pods/p';

describe('a call is not made again', () => {
  it.each<[string, Partial<AuditCommand>, string]>([
    ['refused', { decision: { effect: 'deny', reason: 'x', message: '' } }, 'refused'],
    ['refused once it was allowed', { outcome: 'refused' }, 'refused'],
    ['cut', { outcome: 'cut' }, 'no_end'],
    ['still running', { outcome: 'in_flight' }, 'no_end'],
    ['discovery', { resource: '', path: '/apis' }, 'not_a_resource'],
    ['a path that is none of resources', { path: '/healthz' }, 'not_a_resource'],
    [
      'a question about itself',
      { decision: { effect: 'allow', reason: 'self_review', message: '' } },
      'answered_by_gateway',
    ],
    ['exec', { subresource: 'exec' }, 'channel'],
    ['a token', { subresource: 'token' }, 'credential'],
    ['a log', { subresource: 'log' }, 'log'],
    ['a watch', { verb: 'watch' }, 'watch'],
    ['exec that says it is none', { path: `${POD}/exec`, subresource: '' }, 'channel'],
    ['exec in other letters', { path: `${POD}/%65xec`, subresource: '' }, 'channel'],
    ['a proxy that says it is none', { path: `${POD}/proxy/x`, subresource: '' }, 'channel'],
    [
      'a token that says it is none',
      { path: '/api/v1/namespaces/n/serviceaccounts/s/token' },
      'credential',
    ],
    [
      'a token behind a question mark',
      { path: `${POD.replace('pods', 'serviceaccounts')}/token?x` },
      'path_unclear',
    ],
    [
      'exec behind an encoded slash',
      { path: '/api/v1/namespaces/n/pods/p%2Fexec' },
      'path_unclear',
    ],
    [
      'exec behind one encoded twice',
      { path: '/api/v1/namespaces/n/pods/p%252Fexec' },
      'path_unclear',
    ],
    ['a proxy behind a fragment', { path: `${POD}#/proxy` }, 'path_unclear'],
    ['a path with an empty segment', { path: '/api/v1/namespaces/n//pods/p/exec' }, 'path_unclear'],
    ['a path that goes up', { path: '/api/v1/../../connections/x' }, 'path_unclear'],
    ['a path that goes up in other letters', { path: `${POD}/%2e%2E/p/exec` }, 'path_unclear'],
    ['a path with a line break', { path: `${POD}\r\nx: y` }, 'path_unclear'],
    ['a path with a broken escape', { path: `${POD}%` }, 'path_unclear'],
    ['a watch that says it is a list', { verb: 'list', name: '', query: 'watch=1' }, 'watch'],
    ['a watch without a value', { verb: 'list', name: '', query: 'watch' }, 'watch'],
    ['a watch by its path', { path: '/api/v1/watch/namespaces/n/pods' }, 'watch'],
  ])('%s', (_what, change, expected) => {
    expect(reason(change)).toBe(expected);
  });

  it('without its whole body, or without the whole answer', () => {
    const cut = { contentType: 'application/json', text: '{', cut: 'body_limit' };
    expect(reason({}, {})).toBe('request_not_recorded');
    expect(reason({}, { ...whole, request: cut })).toBe('request_not_recorded');
    expect(reason({}, { ...whole, response: cut })).toBe('answer_not_recorded');
    expect(reason({ statusCode: 409 }, { ...whole, response: cut })).toBeUndefined();
    expect(reason({ requestBytes: 0 }, { response: cut })).toBe('answer_not_recorded');
  });

  it('is made again otherwise, also of an object that is called exec', () => {
    expect(reason({})).toBeUndefined();
    const pods = '/api/v1/namespaces/exec/pods';
    expect(reason({ path: pods, resource: 'pods', name: '' })).toBeUndefined();
  });

  it('that changes something and says that it reads, where only reads are made', async () => {
    const calls = [
      { command: command(1, { method: 'DELETE', verb: 'get', path: POD }), bodies: whole },
    ];
    let made = 0;
    const call = () => {
      made += 1;
      return Promise.resolve({ status: 200, body: '{}' });
    };
    for await (const one of new Rerun(calls, { call, isReadOnly: true }).run()) {
      expect(one).toMatchObject({ result: 'skipped', reason: 'not_confirmed' });
    }
    expect(made).toBe(0);
  });
});
