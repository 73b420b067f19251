import { execFile } from 'node:child_process';
import { createHash, randomBytes, X509Certificate } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { startTimeStamper, type StampOptions, type TestTimeStamper } from '@drawbridge/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTimestamp, timestampQuery, TimestampRefused } from '../src/index.js';
import { requireTrusted } from '../src/timestamp-chain.js';

const run = promisify(execFile);
const content = Buffer.from('drawbridge.test/COMMANDS\n51\n');

let stamper: TestTimeStamper;
let another: TestTimeStamper;

beforeAll(async () => {
  [stamper, another] = await Promise.all([startTimeStamper(), startTimeStamper()]);
});
afterAll(() => Promise.all([stamper.stop(), another.stop()]));

async function stamped(options: StampOptions = {}) {
  const { bytes, nonce } = timestampQuery(content);
  return { reply: await stamper.stamp(bytes, options), nonce };
}

const file = async (name: string, bytes: Uint8Array): Promise<string> => {
  const path = join(stamper.directory, name);
  await writeFile(path, bytes);
  return path;
};
const openssl = async (...args: string[]): Promise<string> => {
  const { stdout, stderr } = await run('openssl', args, { cwd: stamper.directory });
  return stdout + stderr;
};
const codeOf = (check: () => unknown): string => {
  try {
    check();
  } catch (error) {
    if (error instanceof TimestampRefused) return error.code;
    throw error;
  }
  return 'none';
};

describe('a question to a time stamper', () => {
  it('is one that openssl reads, of the hash, with a nonce and asking for the certificate', async () => {
    const query = await file('query.tsq', timestampQuery(content).bytes);
    const text = await openssl('ts', '-query', '-in', query, '-text');
    const hash = createHash('sha256').update(content).digest('hex');
    const read = [...text.matchAll(/^ {4}[0-9a-f]{4} - ([0-9a-f -]{47})/gm)]
      .map(([, bytes = '']) => bytes.replaceAll(/[ -]/g, ''))
      .join('');
    expect(text).toMatch(/Hash Algorithm: sha256/);
    expect(read).toBe(hash);
    expect(text).toMatch(/Certificate required: yes/);
    expect(text).toMatch(/Nonce: 0x[0-9A-F]{32}/);
  });

  it('is another each time', () => {
    const nonces = Array.from({ length: 50 }, () =>
      Buffer.from(timestampQuery(content).nonce).toString('hex'),
    );
    expect(new Set(nonces).size).toBe(50);
  });
});

describe('a timestamp', () => {
  it.each<StampOptions>([{}, { digest: 'sha512' }, { as: 'tsa-ec' }])(
    'of openssl is taken by us and by openssl: %j',
    async (options) => {
      const before = Date.now() - 1_000;
      const { reply, nonce } = await stamped(options);
      const { at, by } = openTimestamp({ reply, content, nonce, roots: stamper.roots });
      expect(Date.parse(at)).toBeGreaterThanOrEqual(before);
      expect(Date.parse(at)).toBeLessThanOrEqual(Date.now() + 1_000);
      expect(by).toBe(`CN=${options.as ?? 'tsa'}`);
      const [data, token] = [await file('note', content), await file('reply.tsr', reply)];
      const text = await openssl('ts', '-verify', '-data', data, '-in', token, '-CAfile', 'ca.pem');
      expect(text).toContain('Verification: OK');
    },
  );

  it('is refused when it is of something else, or answers somebody else', async () => {
    const { reply } = await stamped();
    const { roots } = stamper;
    const other = Buffer.from('other');
    expect(codeOf(() => openTimestamp({ reply, content: other, roots }))).toBe('timestamp_foreign');
    const nonce = randomBytes(16);
    expect(codeOf(() => openTimestamp({ reply, content, nonce, roots }))).toBe('timestamp_foreign');
  });

  it('is refused of whom nobody vouches for', async () => {
    const { reply } = await stamped();
    const { roots } = another;
    expect(codeOf(() => openTimestamp({ reply, content, roots }))).toBe('timestamp_untrusted');
    expect(codeOf(() => openTimestamp({ reply, content, roots: '' }))).toBe('timestamp_untrusted');
  });

  it('is taken of a time stamper only whose certificate is for that, and at its time', async () => {
    const certificate = async (name: string) =>
      new X509Certificate(await readFile(join(stamper.directory, `${name}.pem`)));
    const { roots } = stamper;
    const vouched = (signer: X509Certificate, days: number) =>
      codeOf(() => {
        const at = new Date(Date.now() + days * 86_400_000);
        requireTrusted({ signer, others: [signer], roots, at });
      });
    expect(vouched(await certificate('tsa'), 1)).toBe('none');
    expect(vouched(await certificate('tsa'), 25)).toBe('timestamp_untrusted');
    expect(vouched(await certificate('tsa'), -1)).toBe('timestamp_untrusted');
    expect(vouched(await certificate('other'), 1)).toBe('timestamp_untrusted');
    expect(vouched(await certificate('ca'), 1)).toBe('timestamp_untrusted');
  });

  it('is refused when nobody stamped', async () => {
    const reply = await stamper.stamp(Buffer.from('3003020101', 'hex'));
    const { roots } = stamper;
    expect(codeOf(() => openTimestamp({ reply, content, roots }))).toBe('timestamp_denied');
  });

  it.each([
    ['nothing', Buffer.alloc(0)],
    ['text', Buffer.from('<html>')],
    ['a length beyond the end', Buffer.from('3084ffffffff', 'hex')],
    ['depth', Buffer.from('30'.repeat(20_000), 'hex')],
    ['more than any reply has', Buffer.alloc(1_000_000, 0x30)],
  ])('that is %s is refused as none', (_what, reply) => {
    expect(codeOf(() => openTimestamp({ reply, content, roots: stamper.roots }))).toBe(
      'timestamp_malformed',
    );
  });

  it('has no byte that can be changed so that it says something else', async () => {
    const { reply, nonce } = await stamped();
    const { roots } = stamper;
    const right = openTimestamp({ reply, content, nonce, roots });
    const said: unknown[] = [];
    for (let at = 0; at < reply.length; at += 1) {
      const changed = Buffer.from(reply);
      changed[at] = (changed[at] ?? 0) ^ 0x04;
      try {
        said.push(openTimestamp({ reply: changed, content, nonce, roots }));
      } catch (error) {
        if (!(error instanceof TimestampRefused)) throw new Error(`byte ${at}`, { cause: error });
      }
    }
    // Bytes that nothing depends on, such as the certificates beside: what they say stays the same.
    for (const one of said) expect(one).toEqual(right);
    expect(said.length).toBeLessThan(reply.length / 4);
  });
});
