import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CallRefused } from './call-refused.js';
import {
  announcedBody,
  checkRequestHead,
  headerValues,
  refuseImpersonation,
  type RequestHead,
} from './request-head.js';
import { RequestHeaders } from './request-headers.js';

const hosts = new Set(['gateway.corp.test', '[::1]']);
interface Given extends Partial<RequestHead> {
  readonly rawHeaders?: readonly string[];
}
const head = (more: Given = {}, ...headers: string[]): RequestHead => {
  const { rawHeaders = ['Host', 'gateway.corp.test', ...headers], ...rest } = more;
  return {
    method: 'GET',
    target: '/connections/prod/api',
    httpVersion: '1.1',
    announced: announcedBody(rawHeaders),
    headers: new RequestHeaders(rawHeaders),
    ...rest,
  };
};

function refusalOf(check: () => void): string {
  try {
    check();
    return 'accepted';
  } catch (error) {
    if (error instanceof CallRefused) return error.code;
    throw error;
  }
}

describe('the head of a request', () => {
  it.each([
    ['accepted', head()],
    ['accepted', head({ rawHeaders: ['HOST', 'Gateway.Corp.Test:8443'] })],
    ['accepted', head({ rawHeaders: ['host', '[::1]:8443'] })],
    ['accepted', head({ method: 'POST' }, 'Transfer-Encoding', 'Chunked')],
    ['accepted', head({}, 'Content-Length', '0')],
    ['accepted', head({}, 'Accept', 'a', 'Accept', 'b')],
    ['accepted', head({ httpVersion: '2.0' })],
    ['accepted', head({}, 'Expect', '100-Continue')],
    ['expectation_failed', head({}, 'Expect', '200-ok')],
    ['http_version_unsupported', head({ httpVersion: '1.0' })],
    ['http_version_unsupported', head({ httpVersion: '3.0' })],
    ['method_not_supported', head({ method: 'TRACE' })],
    ['method_not_supported', head({ method: 'CONNECT' })],
    ['malformed_request', head({ target: 'https://gateway.corp.test/' })],
    ['malformed_request', head({ target: '*' })],
    ['host_unknown', head({ rawHeaders: [] })],
    ['host_unknown', head({ rawHeaders: ['Host', 'x@gateway.corp.test'] })],
    ['host_unknown', head({ rawHeaders: ['Host', 'gateway.corp.test:1:2'] })],
    ['malformed_request', head({}, 'host', 'gateway.corp.test')],
    ['malformed_request', head({}, 'Authorization', 'a', 'AUTHORIZATION', 'b')],
    ['malformed_request', head({ method: 'POST' }, 'Transfer-Encoding', 'gzip, chunked')],
    ['malformed_request', head({ method: 'POST' }, 'Content-Encoding', 'gzip')],
    ['malformed_request', head({}, 'Content-Length', '3')],
    ['malformed_request', head({ method: 'HEAD' }, 'Transfer-Encoding', 'chunked')],
    [
      'headers_too_large',
      head({}, ...Array.from({ length: 200 }, (_, index) => `x-${String(index)}`)),
    ],
  ])('is %s', (expected, given) => {
    expect(refusalOf(() => checkRequestHead(given, hosts))).toBe(expected);
  });
});

describe('the host that is asked for', () => {
  it.each([
    ['gateway.corp.test', 'Gateway.Corp.Test:8443'],
    ['[::1]', '[::1]:443'],
    [undefined, 'evil.test'],
    [undefined, 'gateway.corp.test.evil.test'],
    [undefined, 'gateway.corp.test.'],
    [undefined, 'corp.test'],
  ])('is %s for %s', (expected, host) => {
    expect(checkRequestHead(head({ rawHeaders: ['Host', host] }), hosts)).toBe(expected);
  });
});

describe('T2 impersonation', () => {
  const letters = Array.from('impersonate').map((letter) =>
    fc.constantFrom(letter, letter.toUpperCase(), `%${letter.charCodeAt(0).toString(16)}`),
  );
  it('is found in every spelling', () => {
    const joint = fc.constantFrom('', '-', '_', '%2d', '%2D', '.');
    fc.assert(
      fc.property(fc.tuple(...letters), joint, fc.string(), (name, between, rest) => {
        const header = `${name.join('')}${between}${rest}`;
        const check = () => refuseImpersonation(new RequestHeaders(['Accept', 'x', header, 'y']));
        expect(refusalOf(check)).toBe('impersonation_refused');
      }),
    );
  });

  it('is not found in a value, nor in other names', () => {
    const given = ['Accept', 'impersonate-user', 'X-Person', 'y', 'Im', 'z'];
    expect(refusalOf(() => refuseImpersonation(new RequestHeaders(given)))).toBe('accepted');
  });
});

describe('a body', () => {
  it.each([
    [undefined, []],
    [undefined, ['content-length', '0']],
    [{ length: 5 }, ['Content-Length', '5']],
    [{}, ['Transfer-Encoding', 'chunked']],
  ])('is announced as %j', (expected, rawHeaders) => {
    expect(announcedBody(rawHeaders)).toStrictEqual(expected);
  });
});

it('header values come in order, whatever the case of their names', () => {
  expect(headerValues(['A', '1', 'b', '2', 'a', '3'], 'a')).toStrictEqual(['1', '3']);
});
