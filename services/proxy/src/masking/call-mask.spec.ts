import { describe, expect, it } from 'vitest';
import { Masker, MaskKeys } from '@drawbridge/masking';
import { parseKubeRequest } from '../domain/kube-request.js';
import { RequestHeaders } from '../domain/request-headers.js';
import { bothTransforms, type BodyTransform } from '../streams/body-transform.js';
import { callMask } from './call-mask.js';
import { recordWords } from './record-words.js';

const masker = new Masker({ keys: new MaskKeys(Buffer.alloc(32, 7)) });
const TOKEN = 'ghp_16C7e42F292c6912E7710c838347Ae178B4a';
const json = { statusCode: 200, contentType: 'application/json', contentEncoding: '' };

function maskOf(target: string, accept?: string, method = 'GET') {
  const headers = new RequestHeaders(accept === undefined ? [] : ['Accept', accept]);
  return callMask({ kube: parseKubeRequest(method, target), headers, masker });
}

function through(transform: BodyTransform | undefined, text: string): string {
  if (transform === undefined) return text;
  const bytes = Buffer.from(text);
  const pieces = [...transform.push(bytes), ...transform.end()];
  return Buffer.concat(pieces).toString();
}

describe('T13 an answer', () => {
  const secret = JSON.stringify({ kind: 'Secret', data: { a: 'c3dvcmRmaXNo' } });

  it.each([
    '/api/v1/namespaces/a/secrets/db',
    '/api/v1/secrets',
    '/api/v1/watch/secrets',
    '/api/v1/namespaces/a/secrets?watch=true',
  ])('of %s has no value in it', (target) => {
    expect(through(maskOf(target).transform(json), secret)).not.toContain('c3dvcmRmaXNo');
  });

  it.each([
    [200, 'application/vnd.kubernetes.protobuf', ''],
    [200, 'application/cbor', ''],
    [200, 'application/yaml', ''],
    [200, '', ''],
    [200, 'application/json', 'gzip'],
    [500, 'text/html', ''],
  ])('with %i as "%s" in "%s" is not let through', (statusCode, contentType, contentEncoding) => {
    const head = { statusCode, contentType, contentEncoding };
    for (const target of ['/api/v1/pods', '/api/v1/namespaces/a/pods/b/log']) {
      expect(() => maskOf(target).transform(head)).toThrow(
        expect.objectContaining({ code: 'answer_not_maskable' }) as Error,
      );
    }
  });

  it('that is broken is not passed on as whole', () => {
    expect(() => through(maskOf('/api/v1/secrets').transform(json), '{"data":{"a":"')).toThrow(
      expect.objectContaining({ code: 'answer_not_maskable' }) as Error,
    );
  });

  it('without a body has none, whatever comes', () => {
    const transform = maskOf('/api/v1/pods', undefined, 'HEAD').transform(json);
    expect(transform?.end()).toStrictEqual([]);
    expect(() => transform?.push(Buffer.from('x'))).toThrow(/a body where there should be none/);
  });

  it.each(['/api', '/apis/apps/v1', '/openapi/v3', '/version'])('of %s is as it is', (target) => {
    const mask = maskOf(target, 'application/vnd.kubernetes.protobuf');
    expect(mask).toMatchObject({ accept: undefined, plain: false });
    expect(mask.transform({ ...json, contentEncoding: 'gzip' })).toBeUndefined();
    const failed = mask.transform({ ...json, statusCode: 500 });
    expect(through(failed, `{"message":"${TOKEN}"}`)).not.toContain(TOKEN);
  });

  it.each(['/healthz', '/readyz'])('of %s is text, and masked', (target) => {
    const head = { ...json, contentType: 'text/plain; charset=utf-8' };
    expect(through(maskOf(target).transform(head), `a ${TOKEN} b`)).not.toContain(TOKEN);
  });

  it('is cut down first and masked then', () => {
    const upper: BodyTransform = {
      push: (chunk) => [Buffer.from(chunk.toString().replace('hidden', ''))],
      end: () => [Buffer.from(` ${TOKEN}`)],
    };
    const mask = maskOf('/api/v1/namespaces/a/pods/b/log');
    const head = { ...json, contentType: 'text/plain' };
    const out = through(bothTransforms(() => upper, mask.transform)(head), 'hidden seen');
    expect(out).toMatch(/^ seen drawbridge:masked:\S+$/);
  });
});

describe('what is accepted', () => {
  it.each([
    [undefined, 'application/json'],
    ['*/*', 'application/json'],
    ['application/cbor, application/json;as=Table', 'application/json;as=Table'],
  ])('%s: as JSON', (accept, asked) => {
    expect(maskOf('/api/v1/pods', accept).accept).toBe(asked);
  });

  it('is never nothing', () => {
    expect(() => maskOf('/api/v1/pods', 'application/yaml')).toThrow(
      expect.objectContaining({ code: 'not_acceptable' }) as Error,
    );
  });
});

describe('T20 what is recorded of a call', () => {
  const words = recordWords(() => masker)('prod');
  it.each([
    `/api/v1/pods?fieldSelector=${TOKEN}`,
    '/x?command=mysql&command=--password&command=swordfish',
    '/x?command=sh&command=-c&command=export+PASSWORD%3Dswordfish',
    '/x?password=swordfish',
  ])('has no value in it: %s', (target) => {
    const recorded = words.target(target);
    expect(recorded).not.toMatch(/swordfish|ghp_/);
    expect(recorded).toContain('drawbridge%3Amasked');
  });

  it.each([
    '/api/v1/pods',
    '/api/v1/pods?limit=500&continue=eyJ2IjoibWV0YS5rOHMuaW8vdjEiLCJydiI6MTIzNDV9',
    '/x?command=ls&command=-l&container=app&%zz',
  ])('is what came: %s', (target) => {
    expect(words.target(target)).toBe(target);
  });
});
