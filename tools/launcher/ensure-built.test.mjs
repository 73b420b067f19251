import assert from 'node:assert/strict';
import { rm, stat } from 'node:fs/promises';
import { test } from 'node:test';
import { ensureBuilt, entryPoints, stampFile } from './ensure-built.mjs';
import { inRoot } from './workspace.mjs';

const files = [
  ...Object.values(entryPoints),
  inRoot('libs', 'kernel', 'dist', 'index.js'),
  inRoot('services', 'proxy', 'dist', 'main.js'),
];

/** Which files they are, and when each was changed last. */
const identities = () =>
  Promise.all(files.map((file) => stat(file).then(({ ino, ctimeMs }) => ({ file, ino, ctimeMs }))));

test('a build leaves what is built already where it is, since something may be running from it', async () => {
  await ensureBuilt('bench');
  const before = await identities();
  await rm(stampFile('bench'));
  await ensureBuilt('bench');
  assert.deepEqual(await identities(), before);
});
