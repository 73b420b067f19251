import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { Masker, MaskKeys } from '../src/index.js';

const masker = new Masker({ keys: new MaskKeys(Buffer.alloc(32, 7)) });
const RANDOM = 'q8Zr2LmX0vTy7Kb4NwPs9Hd3Ge6Fa1Uc';
const TOKEN = 'ghp_16C7e42F292c6912E7710c838347Ae178B4a';
/** By the name of the file it is in. */
const secrets: Readonly<Record<string, string>> = {
  token: TOKEN,
  random: RANDOM,
  pem: '-----BEGIN PRIVATE KEY-----\nMIIEowIBAAKCAQEA\n-----END PRIVATE KEY-----',
  label: 'password=swordfish',
  card: '4111 1111 1111 1111',
};
/** So long that they need two fields, or attributes. */
const LONG = join('d'.repeat(90), 'e'.repeat(30));

const scratch = mkdtempSync(join(tmpdir(), 'drawbridge-tar-'));
afterAll(() => rmSync(scratch, { recursive: true }));
const tar = (args: readonly string[], input?: Buffer) =>
  execFileSync('tar', args, { cwd: scratch, input, maxBuffer: 1 << 26 });

function mask(bytes: Buffer): Buffer {
  const archive = masker.archive();
  const out: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += 1_000) {
    out.push(...archive.push(bytes.subarray(at, at + 1_000)));
  }
  return Buffer.concat([...out, ...archive.end()]);
}

// Every tar knows two of them; GNU's own format is not called the same everywhere.
const isGnu = tar(['--version']).includes('GNU');
describe.each(isGnu ? ['gnu', 'pax', 'ustar'] : ['pax', 'ustar'])('an archive as %s', (format) => {
  function inner(name: string): string {
    const directory = join(scratch, name, RANDOM, LONG);
    mkdirSync(directory, { recursive: true });
    return directory;
  }

  it('is untouched without secrets', () => {
    const directory = inner(`clean-${format}`);
    writeFileSync(join(directory, 'text'), 'nothing to see\n'.repeat(200));
    writeFileSync(join(directory, 'zeros'), Buffer.alloc(100_000));
    const bytes = tar(['cf', '-', `--format=${format}`, `clean-${format}`]);
    expect(mask(bytes).equals(bytes)).toBe(true);
  });

  it('T13 is unpacked with all its files and without its secrets', () => {
    const name = `secret-${format}`;
    const directory = inner(name);
    for (const [file, secret] of Object.entries(secrets)) {
      writeFileSync(join(directory, file), `one ${secret}\nend\n`);
    }
    writeFileSync(join(directory, TOKEN), 'named');
    const out = mask(tar(['cf', '-', `--format=${format}`, name]));
    expect(out.includes(TOKEN)).toBe(false);
    const to = join(scratch, `out-${format}`);
    mkdirSync(to);
    tar(['xf', '-', '-C', to], out);
    const unpacked = join(to, name, RANDOM, LONG);
    for (const [file, secret] of Object.entries(secrets)) {
      const content = readFileSync(join(unpacked, file), 'utf8');
      expect(content).toHaveLength(secret.length + 9);
      expect(content).toMatch(/^one [^]*\nend\n$/);
      expect(content).not.toContain(secret);
    }
    expect(readFileSync(join(unpacked, '*'.repeat(TOKEN.length)), 'utf8')).toBe('named');
  });
});
