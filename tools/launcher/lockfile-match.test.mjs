import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lockfileMatches } from './lockfile-match.mjs';

const wanted = {
  packages: {
    '': { version: '0.1.0' },
    'libs/kernel': { version: '0.1.0' },
    'node_modules/@drawbridge/kernel': { link: true },
    'node_modules/zod': { version: '4.6.7' },
    'node_modules/fsevents': { version: '2.3.3', optional: true },
  },
};

/** @param {string[]} paths */
const installedWithout = (...paths) => ({
  packages: Object.fromEntries(
    Object.entries(wanted.packages).filter(([path]) => !paths.includes(path)),
  ),
});

test('what npm recorded as installed matches, without the packages of other platforms', () => {
  const installed = installedWithout('', 'node_modules/fsevents');
  assert.equal(lockfileMatches(wanted, installed), true);
});

test('another version does not match', () => {
  const installed = { ...wanted.packages, 'node_modules/zod': { version: '4.6.6' } };
  assert.equal(lockfileMatches(wanted, { packages: installed }), false);
});

test('a missing package does not match', () => {
  assert.equal(lockfileMatches(wanted, installedWithout('node_modules/zod')), false);
});

test('a missing workspace link does not match', () => {
  const installed = installedWithout('node_modules/@drawbridge/kernel');
  assert.equal(lockfileMatches(wanted, installed), false);
});

test('an empty record does not match', () => {
  assert.equal(lockfileMatches(wanted, {}), false);
});
