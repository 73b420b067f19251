import { describe, expect, it } from 'vitest';
import { clientResponseHeaders, upstreamRequestHeaders } from './forwarded-headers.js';
import { RequestHeaders } from './request-headers.js';

describe('the headers of the upstream request', () => {
  const build = (...rawHeaders: string[]) =>
    upstreamRequestHeaders(new RequestHeaders(rawHeaders), { plain: false });
  const encodingOf = (pairs: readonly string[]) => pairs[pairs.indexOf('accept-encoding') + 1];

  it('are what the client may choose and what is ours, and nothing else', () => {
    const built = build(
      ...['Accept', 'a', 'ACCEPT', 'b', 'Content-Type', 'c', 'If-None-Match', '"e"'],
      ...['User-Agent', 'kubectl', 'Authorization', 'Bearer theirs', 'Audit-ID', 'theirs'],
      ...['X-Remote-User', 'admin', 'Cookie', 'x', 'Connection', 'authorization', 'Host', 'h'],
    );
    expect(built).toStrictEqual([
      ...['accept', 'a, b', 'content-type', 'c', 'if-none-match', '"e"', 'user-agent', 'kubectl'],
      ...['accept-encoding', 'identity'],
    ]);
  });

  it('accept what we can read instead, where we read the answer', () => {
    const headers = new RequestHeaders(['Accept', 'application/yaml']);
    const ours = { accept: 'application/json', plain: true };
    expect(upstreamRequestHeaders(headers, ours).slice(0, 2)).toStrictEqual([
      'accept',
      'application/json',
    ]);
  });

  it.each([
    ['gzip', 'gzip'],
    ['br, gzip, zstd', 'gzip'],
    ['GZIP', 'gzip'],
    ['br', 'identity'],
    ['xgzip', 'identity'],
    ['gzip;q=0', 'identity'],
  ])('accept the encoding %s as %s', (offered, accepted) => {
    expect(encodingOf(build('Accept-Encoding', offered))).toBe(accepted);
  });

  it('accept no encoding where we add to the answer', () => {
    const headers = new RequestHeaders(['Accept-Encoding', 'gzip']);
    const built = upstreamRequestHeaders(headers, { plain: true });
    expect(encodingOf(built)).toBe('identity');
  });

  it('are the same ones for the same client headers, as long as the same is wanted of them', () => {
    const headers = new RequestHeaders(['Accept', 'application/json', 'Accept-Encoding', 'gzip']);
    const plain = upstreamRequestHeaders(headers, { plain: true });
    expect(upstreamRequestHeaders(headers, { plain: true })).toBe(plain);
    const coded = upstreamRequestHeaders(headers, { plain: false });
    expect([encodingOf(plain), encodingOf(coded)]).toStrictEqual(['identity', 'gzip']);
    const other = upstreamRequestHeaders(headers, { plain: false, accept: 'text/plain' });
    expect(other).toContain('text/plain');
  });

  it('hold no value outside printable ASCII', () => {
    expect(build('User-Agent', 'caf\xe9')).not.toContain('user-agent');
  });
});

describe('the headers of the answer', () => {
  it('are those of the list, in any spelling', () => {
    expect(
      clientResponseHeaders([
        ...['Content-Type', 'application/json', 'Warning', 'a', 'warning', 'b', 'Warning', 'c'],
        ...['set-cookie', 'x', 'Location', 'https://evil.test', 'Connection', 'x'],
        ...['Transfer-Encoding', 'chunked', 'Audit-Id', 'theirs', 'VARY', 'Accept', 'vary', 'B'],
        ...['Etag', '"e"', 'CONTENT-LENGTH', '3', '__proto__', 'x'],
      ]),
    ).toStrictEqual({
      'content-type': 'application/json',
      warning: ['a', 'b', 'c'],
      vary: 'Accept, B',
      etag: '"e"',
      'content-length': '3',
    });
  });
});
