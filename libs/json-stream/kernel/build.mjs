// Compiles skim.as into src/skim-program.ts: `node libs/json-stream/kernel/build.mjs [path of asc.js]`. With --check it
// only says whether what is there is what comes out. AssemblyScript 0.28.20; it is no dependency, being needed here only.
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = fileURLToPath(new URL('.', import.meta.url));
const target = join(here, '../src/skim-program.ts');
const [asc] = process.argv.slice(2).filter((argument) => argument !== '--check');
const directory = mkdtempSync(join(tmpdir(), 'skim-'));
const source = join(directory, 'skim.ts');
copyFileSync(join(here, 'skim.as'), source);
const program = join(directory, 'skim.wasm');
const options = '-O3 --runtime stub --noAssert --enable simd --initialMemory 64 --maximumMemory 64';
const [command, first] =
  asc === undefined
    ? ['npx', ['--yes', '--package', 'assemblyscript@0.28.20', 'asc']]
    : [process.execPath, [asc]];
const { status } = spawnSync(
  command,
  [...first, source, ...options.split(' '), '--use', 'abort=', '-o', program],
  { stdio: 'inherit', cwd: directory },
);
if (status !== 0) throw new Error('not compiled');
const base64 = readFileSync(program).toString('base64');
rmSync(directory, { recursive: true });
const lines = base64.match(/.{1,96}/g).map((line) => `  '${line}',`);
const text = `/** What kernel/skim.as is compiled to by kernel/build.mjs; base64. */
export const skimProgram: string = [
${lines.join('\n')}
].join('');
`;
if (!process.argv.includes('--check')) writeFileSync(target, text);
else if (readFileSync(target, 'utf8') !== text)
  throw new Error('src/skim-program.ts is another one');
