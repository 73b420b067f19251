import assert from 'node:assert/strict';
import { mkdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { scratchDirectory } from '../testing/fake-programs.mjs';
import { readStamp, stampOf, writeStamp } from './stamp.mjs';

/** @param {import('node:test').TestContext} t */
function sources(t) {
  const root = scratchDirectory(t);
  mkdirSync(join(root, 'src', 'domain'), { recursive: true });
  writeFileSync(join(root, 'src', 'main.ts'), 'main');
  writeFileSync(join(root, 'src', 'domain', 'decide.ts'), 'decide');
  writeFileSync(join(root, 'src', 'domain', 'decide.spec.ts'), 'spec');
  return root;
}
const isIgnored = (/** @type {string} */ name) => name.endsWith('.spec.ts');

test('the stamp stays the same while nothing changes, in whatever order the roots are named', async (t) => {
  const root = sources(t);
  const roots = [join(root, 'src'), join(root, 'missing')];
  assert.equal(await stampOf(roots, isIgnored), await stampOf(roots.reverse(), isIgnored));
});

/** @type {Readonly<Record<string, (root: string) => void>>} */
const changes = {
  'a file grows': (root) => writeFileSync(join(root, 'src', 'main.ts'), 'longer'),
  'a file is saved again with the same size': (root) =>
    utimesSync(join(root, 'src', 'domain', 'decide.ts'), 1, 1),
  'a file is added': (root) => writeFileSync(join(root, 'src', 'new.ts'), ''),
  'a file is removed': (root) => rmSync(join(root, 'src', 'main.ts')),
};

for (const [sentence, change] of Object.entries(changes)) {
  test(`the stamp changes when ${sentence}`, async (t) => {
    const root = sources(t);
    const before = await stampOf([join(root, 'src')], isIgnored);
    change(root);
    assert.notEqual(await stampOf([join(root, 'src')], isIgnored), before);
  });
}

test('the stamp does not change when an ignored file does', async (t) => {
  const root = sources(t);
  const before = await stampOf([join(root, 'src')], isIgnored);
  writeFileSync(join(root, 'src', 'domain', 'decide.spec.ts'), 'another spec');
  assert.equal(await stampOf([join(root, 'src')], isIgnored), before);
});

test('a stamp is read back; one that was never written is empty', async (t) => {
  const file = join(scratchDirectory(t), 'deep', 'stamp');
  assert.equal(await readStamp(file), '');
  await writeStamp(file, 'abc');
  assert.equal(await readStamp(file), 'abc');
});
