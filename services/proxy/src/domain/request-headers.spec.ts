import { describe, expect, it } from 'vitest';
import { RequestHeaders } from './request-headers.js';

describe('the headers of a request', () => {
  it('are found whatever the case of their names, several joined', () => {
    const raw = ['HOST', 'h', 'Accept', 'a', 'accept', 'b', 'User-agent', 'u', 'X-Other', 'o'];
    const headers = new RequestHeaders(raw);
    expect(headers.value('host')).toBe('h');
    expect(headers.value('accept')).toBe('a, b');
    expect(headers.value('user-agent')).toBe('u');
    expect(headers.value('content-type')).toBeUndefined();
    expect(headers).toMatchObject({ count: 5, repeated: undefined, impersonates: false });
  });

  it.each([
    'host',
    'authorization',
    'content-type',
    'content-length',
    'transfer-encoding',
    'content-encoding',
    'expect',
    'upgrade',
  ])('T23 say when %s is there twice, with an empty value too', (name) => {
    expect(new RequestHeaders([name, '', name.toUpperCase(), 'x']).repeated).toBe(name);
  });

  it('T25 are read alike when others have filled the memory of spellings', () => {
    for (let index = 0; index < 10_000; index += 1) {
      new RequestHeaders([`x-${String(index)}`, 'y']);
    }
    const headers = new RequestHeaders(['AuThOrIzAtIoN', 'a', 'Impersonate-User', 'b']);
    expect(headers.value('authorization')).toBe('a');
    expect(headers.impersonates).toBe(true);
    expect(new RequestHeaders(['Authorization', 'a']).impersonates).toBe(false);
  });
});
