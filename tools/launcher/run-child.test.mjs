import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { runChild } from './run-child.mjs';

const node = process.execPath;

test('the exit code of the child is passed on', async () => {
  assert.equal(await runChild(node, ['--eval', 'process.exit(7)']), 7);
});

test('a child ended by a signal counts as a shell counts it', async () => {
  assert.equal(await runChild(node, ['--eval', "process.kill(process.pid, 'SIGKILL')"]), 137);
});

test('a program that is not there is an error', async () => {
  await assert.rejects(runChild('/nowhere/program', []), { code: 'ENOENT' });
});

test('a signal reaches the child, and the launcher outlives it', async () => {
  const child = `process.on('SIGTERM', () => { console.log('child ends'); process.exit(3) });
    setInterval(() => {}, 1000); console.log('ready')`;
  const launcher = spawn(node, [
    '--input-type=module',
    '--eval',
    `import { runChild } from ${JSON.stringify(new URL('run-child.mjs', import.meta.url).href)};
     const code = await runChild(process.execPath, ['--eval', ${JSON.stringify(child)}]);
     console.log('child ended with ' + code); process.exit(code);`,
  ]);
  let output = '';
  launcher.stdout.on('data', (chunk) => {
    output += chunk;
    if (output === 'ready\n') launcher.kill('SIGTERM');
  });
  const [code] = await once(launcher, 'close');
  assert.deepEqual(
    { code, output },
    { code: 3, output: 'ready\nchild ends\nchild ended with 3\n' },
  );
});
