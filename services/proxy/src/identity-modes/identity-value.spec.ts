import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { identityValue } from './identity-value.js';

describe('a claim in an impersonation header', () => {
  it.each([
    ['agent-oncall', 'agent-oncall'],
    ['https://idp.test/a?b=c#d', 'https://idp.test/a?b=c#d'],
    ['cn=sre,ou=Groups', 'cn=sre,ou=Groups'],
    ['SRE on call', 'SRE%20on%20call'],
    [' sre ', '%20sre%20'],
    ['100%', '100%25'],
    ['%41', '%2541'],
    ['Zoë', 'Zo%C3%AB'],
    ['a\r\nImpersonate-Group: system:masters', 'a%0D%0AImpersonate-Group:%20system:masters'],
    ['a\0b\u007f', 'a%00b%7F'],
    ['\u202egro', '%E2%80%AEgro'],
  ])('%j is %s', (claim, expected) => {
    expect(identityValue(claim)).toBe(expected);
  });

  it.each([
    [''],
    [' '],
    ['\t\n'],
    ['\u3000'],
    ['a\ud800'],
    [undefined],
    [null],
    [7],
    [['a']],
    [{}],
  ])('T3 %j cannot stand there', (claim) => {
    expect(identityValue(claim)).toBeUndefined();
  });

  it('stands for one claim only, in printable ASCII', () => {
    const claims = fc.string({ unit: 'binary', minLength: 1 }).filter((text) => text.trim() !== '');
    fc.assert(
      fc.property(claims, (claim) => {
        const value = identityValue(claim);
        expect(value).toMatch(/^[!-~]+$/);
        expect(decodeURIComponent(value ?? '')).toBe(claim);
      }),
    );
  });
});
