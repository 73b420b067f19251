import { describe, expect, it } from 'vitest';
import { MaskKeys, type Masker } from '@drawbridge/masking';
import { Maskers, type MaskedConnection } from './maskers.js';

const keys = (byte: number) => new MaskKeys(Buffer.alloc(32, byte));
const document = (name: string, spec: MaskedConnection['spec'] = {}): MaskedConnection => ({
  metadata: { name },
  spec,
});
const patterns = [{ kind: 'customer', pattern: 'KD-[0-9]{8}' }];
const seen = (masker: Masker) => masker.line('customer KD-12345678, mail dana@corp.test');

describe('the maskers of a worker', () => {
  it('know what is a secret to a connection, and to no other', () => {
    const maskers = new Maskers(keys(1));
    maskers.prepare([
      document('own', { masking: { email: false, patterns } }),
      document('mail', { masking: { email: true, patterns: [] } }),
      document('plain'),
    ])();
    expect(seen(maskers.of('own'))).toMatch(/^customer drawbridge:masked:customer:\S+, mail dana@/);
    expect(seen(maskers.of('mail'))).toMatch(/^customer KD-12345678, mail drawbridge:masked:email/);
    for (const name of ['plain', 'unknown', undefined]) {
      expect(seen(maskers.of(name))).toBe('customer KD-12345678, mail dana@corp.test');
    }
  });

  it('forward ports only where a document says so', () => {
    const maskers = new Maskers(keys(1));
    expect(maskers.forwardsPorts('a')).toBe(false);
    const said = [document('a', { portForward: 'allow' }), document('b'), document('c')];
    maskers.prepare([...said, document('d', { portForward: 'refuse' })])();
    expect(['a', 'b', 'c', 'd'].filter((name) => maskers.forwardsPorts(name))).toStrictEqual(['a']);
    maskers.prepare([document('a')])();
    expect(maskers.forwardsPorts('a')).toBe(false);
  });

  it('show releases of Helm only where a document says so', () => {
    const maskers = new Maskers(keys(1));
    expect(maskers.showingReleases).toStrictEqual([]);
    const said = (helmReleases: 'masked' | 'shown') => ({
      masking: { email: false, patterns: [], helmReleases },
    });
    maskers.prepare([document('a', said('shown')), document('b', said('masked')), document('c')])();
    expect(['a', 'b', 'c', 'd'].filter((name) => maskers.showsReleases(name))).toStrictEqual(['a']);
    expect(maskers.showingReleases).toStrictEqual(['a']);
    maskers.prepare([document('a', { masking: { email: true, patterns: [] } })])();
    expect(maskers.showsReleases('a')).toBe(false);
  });

  it('stay as they are when a pattern cannot be used, and until they are told to change', () => {
    const maskers = new Maskers(keys(1));
    maskers.prepare([
      document('a', { masking: { email: false, patterns }, portForward: 'allow' }),
    ])();
    const broken = [{ kind: 'x', pattern: '(?=a)' }];
    expect(() =>
      maskers.prepare([document('a', { masking: { email: false, patterns: broken } })]),
    ).toThrow(expect.objectContaining({ code: 'mask_pattern_invalid' }) as Error);
    maskers.prepare([document('a')]);
    expect(seen(maskers.of('a'))).toContain('drawbridge:masked:customer');
    expect(maskers.forwardsPorts('a')).toBe(true);
  });

  it('take other keys everywhere, and what is under way keeps its own', () => {
    const maskers = new Maskers(keys(1));
    maskers.prepare([document('a', { masking: { email: true, patterns } })])();
    const before = maskers.of('a');
    const text = seen(before);
    maskers.takeKeys(keys(2));
    expect(seen(before)).toBe(text);
    expect(seen(maskers.of('a'))).not.toBe(text);
    expect(seen(maskers.of('a'))).toContain('drawbridge:masked:customer');
  });
});
