import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createCertificateAuthority } from '@drawbridge/embedded';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readClientAuthority } from './client-authority.js';

let directory: string;
const files = () => ({ certFile: join(directory, 'ca.crt'), keyFile: join(directory, 'ca.key') });

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'drawbridge-clients-'));
});
afterAll(() => rm(directory, { recursive: true }));

async function written(certificate: string, key: string) {
  await writeFile(files().certFile, certificate);
  await writeFile(files().keyFile, key);
  return readClientAuthority(files());
}

describe('the authority for client certificates', () => {
  it('is read when certificate and key belong together', async () => {
    const authority = await createCertificateAuthority('agents');
    const read = await written(authority.certificate, await authority.exportKey());
    expect(read.certificate).toBe(authority.certificate);
  });

  it('is refused with the key of another, and without one that signs for it', async () => {
    const [one, other] = [
      await createCertificateAuthority('agents'),
      await createCertificateAuthority('agents'),
    ];
    const server = await one.issueServer(['localhost']);
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
    const bad: [string, string][] = [
      [one.certificate, await other.exportKey()],
      [server.certificate, server.key],
      [one.certificate, rsa.export({ type: 'pkcs8', format: 'pem' }).toString()],
      ['', ''],
    ];
    for (const [certificate, key] of bad) {
      await expect(written(certificate, key)).rejects.toMatchObject({
        code: 'client_authority_invalid',
        message: expect.not.stringContaining('PRIVATE') as string,
      });
    }
  });

  it('is refused when a file is not there', async () => {
    const missing = { certFile: '', keyFile: files().keyFile };
    await expect(readClientAuthority(missing)).rejects.toMatchObject({
      code: 'client_authority_invalid',
    });
  });
});
