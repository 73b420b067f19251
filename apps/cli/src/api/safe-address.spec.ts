import { describe, expect, it } from 'vitest';
import { safeAddress, toldAddress } from './safe-address.js';

const insecure = expect.objectContaining({ code: 'server_insecure' }) as Error;

describe('an address for tokens', () => {
  it.each([
    'https://drawbridge.corp.test',
    'https://drawbridge.corp.test:8443/base',
    'http://127.0.0.1:8080',
    'http://127.8.8.8',
    'http://[::1]:8080',
    'http://localhost:8080',
  ])('may be %s', (text) => {
    expect(safeAddress(text, 'server').href).toContain(text);
  });

  it.each([
    'http://drawbridge.corp.test',
    'http://localhost.evil.test',
    'http://127.0.0.1.evil.test',
    'http://10.0.0.1',
    'http://0.0.0.0',
    'ftp://127.0.0.1',
    'file:///etc/passwd',
    'https://user@host',
    'https://user:pass@host',
    'drawbridge.corp.test',
    '//host',
    '',
  ])('may not be %j', (text) => {
    expect(() => safeAddress(text, 'server')).toThrow(insecure);
  });

  it('is told without the password in it', () => {
    expect(() => safeAddress('https://user:canary@host', 'server')).toThrow(
      /^(?!.*canary).*…@host/,
    );
  });
});

describe('an address that a server told', () => {
  it.each([
    ['https://audit.test', 'https://server.test'],
    ['http://127.0.0.1:1', 'http://127.0.0.1:2'],
    ['https://audit.test', 'http://127.0.0.1:2'],
  ])('%s is accepted from %s', (text, by) => {
    expect(toldAddress(text, 'audit service', new URL(by)).origin).toBe(text);
  });

  it.each([
    ['http://127.0.0.1:1', 'https://server.test'],
    ['http://audit.test', 'http://127.0.0.1:2'],
  ])('%s is refused from %s', (text, by) => {
    expect(() => toldAddress(text, 'audit service', new URL(by))).toThrow(insecure);
  });
});
