// tsyringe, inside @peculiar/x509, needs the polyfill before it loads.
import 'reflect-metadata';
import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { Pkcs10CertificateRequest } from '@peculiar/x509';
import { describe, expect, it } from 'vitest';
import { certificateRequest } from './certificate-request.js';

describe('a certificate signing request', () => {
  it('is read by others, names its key, and is signed by it', async () => {
    // The length of a signature is of chance.
    for (let count = 0; count < 50; count += 1) {
      const { privateKey: key } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
      const spki = createPublicKey(key).export({ type: 'spki', format: 'der' });
      const request = new Pkcs10CertificateRequest(certificateRequest({ key, spki }));
      expect(Buffer.from(request.publicKey.rawData)).toStrictEqual(spki);
      expect(request.subject).toBe('');
      expect(await request.verify()).toBe(true);
    }
  });
});
