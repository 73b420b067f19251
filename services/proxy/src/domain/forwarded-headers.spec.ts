import { describe, expect, it } from 'vitest';
import { clientResponseHeaders, upstreamRequestHeaders } from './forwarded-headers.js';

describe('the headers of the upstream request', () => {
  const ours = { 'audit-id': 'ours', authorization: 'Bearer ours' };
  const build = (...rawHeaders: string[]) => upstreamRequestHeaders(rawHeaders, ours, false);

  it('are what the client may choose and what is ours, and nothing else', () => {
    const built = build(
      ...['Accept', 'a', 'ACCEPT', 'b', 'Content-Type', 'c', 'If-None-Match', '"e"'],
      ...['User-Agent', 'kubectl', 'Authorization', 'Bearer theirs', 'Audit-ID', 'theirs'],
      ...['X-Remote-User', 'admin', 'Cookie', 'x', 'Connection', 'authorization', 'Host', 'h'],
    );
    expect(built).toStrictEqual({
      accept: 'a, b',
      'content-type': 'c',
      'if-none-match': '"e"',
      'user-agent': 'kubectl',
      'accept-encoding': 'identity',
      ...ours,
    });
  });

  it.each([
    ['gzip', 'gzip'],
    ['br, gzip, zstd', 'gzip'],
    ['GZIP', 'gzip'],
    ['br', 'identity'],
    ['xgzip', 'identity'],
    ['gzip;q=0', 'identity'],
  ])('accept the encoding %s as %s', (offered, accepted) => {
    expect(build('Accept-Encoding', offered)['accept-encoding']).toBe(accepted);
  });

  it('accept no encoding where we add to the answer', () => {
    const headers = upstreamRequestHeaders(['Accept-Encoding', 'gzip'], ours, true);
    expect(headers['accept-encoding']).toBe('identity');
  });

  it('hold no value outside printable ASCII', () => {
    expect(build('User-Agent', 'caf\xe9')['user-agent']).toBeUndefined();
  });
});

describe('the headers of the answer', () => {
  it('are those of the list', () => {
    expect(
      clientResponseHeaders({
        'content-type': 'application/json',
        warning: ['a', 'b'],
        'set-cookie': ['x'],
        location: 'https://evil.test',
        connection: 'x',
        'transfer-encoding': 'chunked',
        'audit-id': 'theirs',
      }),
    ).toStrictEqual({ 'content-type': 'application/json', warning: ['a', 'b'] });
  });
});
