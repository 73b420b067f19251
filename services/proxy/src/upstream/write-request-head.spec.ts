import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import type { UpstreamRequest } from './upstream.js';
import { credentialLines, writeRequestHead, writeUpgradeHead } from './write-request-head.js';

const frame = { prefix: '/k8s/c-1', host: 'api.test:6443' };
const request = (more: Partial<UpstreamRequest> = {}): UpstreamRequest => ({
  method: 'GET',
  target: '/api/v1/pods?limit=5',
  headers: ['accept', 'application/json'],
  auditId: '0198f000-0000-7000-8000-000000000001',
  body: null,
  longRunning: false,
  ...more,
});
const credential = credentialLines(['authorization', 'Bearer ours', 'impersonate-user', 'ann']);
const head = (more: Partial<UpstreamRequest> = {}) =>
  writeRequestHead(request(more), frame, credential);

describe('the head of an upstream request', () => {
  it('is what was judged, what is ours, and nothing else', () => {
    expect(head()).toBe(
      [
        'GET /k8s/c-1/api/v1/pods?limit=5 HTTP/1.1',
        'host: api.test:6443',
        'accept: application/json',
        'authorization: Bearer ours',
        'impersonate-user: ann',
        'audit-id: 0198f000-0000-7000-8000-000000000001',
        '',
        '',
      ].join('\r\n'),
    );
  });

  const body = Readable.from([]);
  it.each([
    [{ method: 'GET', body: null }, undefined],
    [{ method: 'DELETE', body: null }, undefined],
    [{ method: 'POST', body: null }, 'content-length: 0'],
    [{ method: 'PATCH', body: null }, 'content-length: 0'],
    [{ method: 'PUT', body, contentLength: 7 }, 'content-length: 7'],
    [{ method: 'DELETE', body }, 'transfer-encoding: chunked'],
  ])('of %o frames its body in one way', (sent, line) => {
    const framing = head(sent)
      .split('\r\n')
      .filter((one) => /^(content-length|transfer-encoding)/.test(one));
    expect(framing).toStrictEqual(line === undefined ? [] : [line]);
  });

  it.each([
    ['what is no id for the audit log', { auditId: 'a\r\nx-b: c' }],
    ['a line end in a value', { headers: ['x-a', 'b\r\nx-b: c'] }],
    ['a bare LF in a value', { headers: ['x-a', 'b\nc'] }],
    ['NUL in a value', { headers: ['x-a', 'b\0'] }],
    ['what is no latin1 in a value', { headers: ['x-a', 'bĊ'] }],
    ['a value above ASCII', { headers: ['x-a', 'caf\xe9'] }],
    ['a line end in a name', { headers: ['x-a\r\nx-b', 'c'] }],
    ['a space in a name', { headers: ['x a', 'c'] }],
    ['no name', { headers: ['', 'c'] }],
    ['a host', { headers: ['Host', 'evil.test'] }],
    ['a length', { headers: ['content-length', '3'] }],
    ['a coding', { headers: ['Transfer-Encoding', 'chunked'] }],
    ['a connection', { headers: ['connection', 'authorization'] }],
    ['an upgrade', { headers: ['upgrade', 'websocket'] }],
    ['an expectation', { headers: ['expect', '100-continue'] }],
    ['a credential that is not ours', { headers: ['Authorization', 'Bearer theirs'] }],
    ['a cookie', { headers: ['cookie', 'a=b'] }],
    ['a space in the target', { target: '/a HTTP/1.1\r\nx: y' }],
    ['an absolute target', { target: 'http://evil.test/' }],
    ['a target above ASCII', { target: '/é' }],
    ['a method that is none', { method: 'GET / HTTP/1.1\r\nx: y' }],
    ['CONNECT', { method: 'CONNECT' }],
    ['half a byte of a body', { method: 'POST', body, contentLength: 0.5 }],
    ['less than a body', { method: 'POST', body, contentLength: -1 }],
  ])('T23 with %s is never written', (_, more) => {
    expect(() => writeRequestHead(request(more), { ...frame, prefix: '' }, credential)).toThrow(
      TypeError,
    );
  });

  it.each([
    ['a line end', ['authorization', 'Bearer a\r\nx: y']],
    ['a host', ['host', 'evil.test']],
    ['an upgrade', ['connection', 'upgrade']],
  ])('T23 takes no credential with %s', (_, headers) => {
    expect(() => credentialLines(headers)).toThrow(TypeError);
  });
});

describe('the head of an upgrade', () => {
  it('says so, and has no body', () => {
    const headers = ['connection', 'Upgrade', 'upgrade', 'SPDY/3.1'];
    const written = writeUpgradeHead(request({ method: 'POST', headers }), frame, credential);
    expect(written).toContain('connection: Upgrade\r\nupgrade: SPDY/3.1\r\nauthorization: ');
    expect(written).toContain('content-length: 0\r\n');
    const body = Readable.from([]);
    expect(() => writeUpgradeHead(request({ body }), frame, credential)).toThrow(TypeError);
  });
});
