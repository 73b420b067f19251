import { describe, expect, it } from 'vitest';
import { TypedCommands } from './typed-commands.js';

/** All scripts that come of keys, each byte sent alone. */
function typed(keys: string, { tty = true, chunk = 1 } = {}): string[] {
  const commands = new TypedCommands(tty);
  const bytes = Buffer.from(keys);
  const scripts: string[] = [];
  for (let at = 0; at < bytes.length; at += chunk) {
    scripts.push(...commands.take(bytes.subarray(at, at + chunk)));
  }
  return scripts;
}

const unknown = expect.stringMatching(/\n\$_$/) as string;

describe('what is typed into a terminal', () => {
  it.each([
    ['a line', 'ls -l\r', ['ls -l']],
    ['more than one', 'ls\rpwd\n', ['ls', 'pwd']],
    ['an erased letter', 'rn\x7fm x\r', ['rm x']],
    ['more erased than there is', '\x7f\x7fls\r', ['ls']],
    ['a killed line', 'rm -rf /\x15ls\r', ['ls']],
    ['a killed word', 'ls /etc\x17x\r', [expect.stringContaining('ls x') as string]],
    ['a word that all kill alike', 'ls foo\x17bar\r', ['ls bar']],
    ['a line that is run by another key', 'rm x\x0f', ['rm x']],
    ['what a reader gets at the end of input', 'rm x\x04', ['rm x']],
    ['a line that is given up', 'rm x\x03ls\r', ['rm x', 'ls']],
    ['letters of more than a byte', 'echo hé…😀\r', ['echo hé…😀']],
    ['a word that is completed', 'cat /et\t\r', ['cat /et$_']],
    ['a command that goes on', 'rm \\\r-rf /\r', ['rm ', '-rf /', 'rm \\\n-rf /']],
    ['quotes over lines', 'rm "-rf\r" /\r', ['rm "-rf\n" /']],
    ['a quote that is none', "# don't\rrm x\r", ["# don't", 'rm x']],
    ['nothing', '\r \r', []],
  ])('is put together: %s', (_, keys, scripts) => {
    expect(typed(keys)).toStrictEqual(scripts);
    expect(typed(keys, { chunk: 64 })).toStrictEqual(scripts);
  });

  it.each([
    ['history', '\x1b[A\r'],
    ['a search', '\x12rm\r'],
    ['an arrow', 'm x\x1b[D\x1b[D\x1b[Dr\r'],
    ['a quoted key', 'rm\x16\x7f x\r'],
    ['an erased letter of more than a byte', 'é\x7frm x\r'],
    ['a word that not all kill alike', 'a;rm x/y\x17\r'],
    ['a key that erases in some places only', 'rmm\x08 x\r'],
    ['more than is kept', `${'a'.repeat(20_000)};rm x\r`],
    ['a command without an end', `echo "\r${`${'a'.repeat(1_000)}\r`.repeat(33)}`],
  ])('is not known: %s', (_, keys) => {
    expect(typed(keys, { chunk: 4_096 }).at(-1)).toStrictEqual(unknown);
  });
});

describe('what is sent without a terminal', () => {
  it('is judged before its line ends: it runs when the input does', () => {
    expect(typed('rm x', { tty: false, chunk: 64 })).toStrictEqual(['rm x']);
    expect(typed('ls\nrm x', { tty: false, chunk: 64 })).toStrictEqual(['ls', 'rm x']);
    expect(typed('rm x\\', { tty: false, chunk: 64 })).toStrictEqual(['rm x']);
  });

  it('knows no keys', () => {
    expect(typed('rm\x7f x\r\n', { tty: false, chunk: 64 })).toStrictEqual(['rm\x7f x\r']);
  });

  it('is not known behind what is kept', () => {
    const scripts = typed(`echo ${'a'.repeat(20_000)};rm x`, { tty: false, chunk: 4_096 });
    expect(scripts.at(-1)).toStrictEqual(unknown);
  });
});
