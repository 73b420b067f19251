import { describe, expect, it } from 'vitest';
import { outboundAddress } from './outbound-address.js';
import { OutboundFailed } from './outbound-failed.js';

describe('an address that something is sent to', () => {
  it.each([
    ['https://idp.corp.test', false],
    ['https://idp.corp.test:8443/tenant', false],
    ['https://127.0.0.1', false],
    ['http://127.0.0.1:4000', true],
    ['http://127.255.0.1', true],
    ['http://localhost:4000', true],
    ['http://LOCALHOST', true],
    ['http://[::1]:4000', true],
    ['http://2130706433', true],
  ])('%s is accepted (http allowed: %s)', (address, allowed) =>
    expect(outboundAddress(address, allowed).protocol).toMatch(/^https?:$/),
  );

  it.each([
    ['http://127.0.0.1', false],
    ['http://idp.corp.test', true],
    ['http://localhost.evil.test', true],
    ['http://127.0.0.1.evil.test', true],
    ['http://127.0.0.1@evil.test', true],
    ['http://[::ffff:127.0.0.1]', true],
    ['http://0.0.0.0', true],
    ['http://169.254.169.254/latest', true],
    ['https://user@idp.corp.test', false],
    ['https://:secret@idp.corp.test', false],
    ['file:///etc/passwd', true],
    ['ftp://127.0.0.1', true],
    ['//idp.corp.test', true],
    ['idp.corp.test', true],
    ['', true],
  ])('%s is refused (http allowed: %s)', (address, allowed) =>
    expect(() => outboundAddress(address, allowed)).toThrow(OutboundFailed),
  );
});
