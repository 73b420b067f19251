import { describe, expect, it } from 'vitest';
import { selects } from './selects.js';

const object = { namespace: 'payments', name: 'a', labels: { app: 'checkout', tier: 'web' } };
const selected = (query: string, name = '') => selects(new URLSearchParams(query), name)?.(object);

describe('what a list selects', () => {
  it.each<[string, boolean]>([
    ['', true],
    ['labelSelector=app%3Dcheckout', true],
    ['labelSelector=app%3D%3Dcheckout,tier%3Dweb', true],
    ['labelSelector=app%3Dcheckout,tier%3Ddb', false],
    ['labelSelector=app!%3Dcheckout', false],
    ['labelSelector=other!%3Dcheckout', true],
    ['labelSelector=app', true],
    ['labelSelector=!app', false],
    ['labelSelector=other', false],
    ['labelSelector=app in (ledger, checkout)', true],
    ['labelSelector=app in (ledger)', false],
    ['labelSelector=app notin (ledger),tier', true],
    ['labelSelector=other notin (ledger)', true],
    ['labelSelector=__proto__', false],
    ['fieldSelector=metadata.name%3Da', true],
    ['fieldSelector=metadata.name%3Db', false],
    ['fieldSelector=metadata.namespace%3Dpayments', true],
  ])('%s: %s', (query, is) => {
    expect(selected(query)).toBe(is);
  });

  it('is only what is called so, where a name is given', () => {
    expect(selected('', 'a')).toBe(true);
    expect(selected('', 'b')).toBe(false);
  });

  it.each(['fieldSelector=status.phase%3DRunning', 'labelSelector=a(b', 'labelSelector=x%3Cy z'])(
    'is not told for %s',
    (query) => {
      expect(selected(query)).toBeUndefined();
    },
  );
});
