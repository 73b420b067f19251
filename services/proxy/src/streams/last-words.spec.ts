import { describe, expect, it } from 'vitest';
import { parseKubeRequest } from '../domain/kube-request.js';
import { lastWordsForm, lastWordsOf } from './last-words.js';

const text = { statusCode: 200, contentType: 'text/plain', contentEncoding: '' };
const json = { ...text, contentType: 'application/json' };
const status = { statusCode: 403, code: 'grant_expired', message: 'over', commandId: 'c-1' };
const pod = '/api/v1/namespaces/prod/pods/web-0';

describe('why an answer was cut', () => {
  it.each([
    ['/api/v1/pods?watch=true', 'frame'],
    [`${pod}/log?follow=true`, 'line'],
    [`${pod}/log`, 'line'],
    [pod, 'none'],
    ['/version', 'none'],
  ])('of %s has a place of the form %s', (target, form) => {
    expect(lastWordsForm(parseKubeRequest('GET', target))).toBe(form);
  });

  it.each([
    ['frame', json, true],
    ['frame', text, false],
    ['frame', { ...json, statusCode: 410 }, false],
    ['line', text, true],
    ['line', { ...text, contentEncoding: 'gzip' }, false],
    ['line', { ...json, statusCode: 404 }, false],
    ['none', text, false],
  ] as const)('in the form %s of %j: %s', (form, head, has) => {
    expect(lastWordsOf(form, head) !== undefined).toBe(has);
  });

  it.each([
    [[], ''],
    [['one\n'], ''],
    [['one\n', ''], ''],
    [['on', 'e'], '\n'],
  ])('stands in a line of its own behind %j', (chunks, before) => {
    const words = lastWordsOf('line', text);
    for (const chunk of chunks) words?.pass(new TextEncoder().encode(chunk));
    expect(words?.say(status)).toBe(`${before}drawbridge grant_expired: over\n`);
  });

  it('completes a watch, and no log', () => {
    expect(lastWordsOf('frame', json)?.completes).toBe(true);
    expect(lastWordsOf('line', text)?.completes).toBe(false);
  });
});
