import { createPrivateKey } from 'node:crypto';
import type { Seal } from '@drawbridge/contracts';
import type { SealVersion } from '../src/checkpoint.js';
import { lineDigest } from '../src/line-tree.js';
import type { SealedMessage } from '../src/link.js';
import { sha256 } from '../src/merkle.js';
import { signerOf, type Signer } from '../src/note.js';
import { emptyLog, SealBuilder, type LogEnd } from '../src/seal.js';

/** For specs: a key that is made of a word. */
export function testSigner(word: string): Signer {
  const der = Buffer.concat([
    Buffer.from('302e020100300506032b657004220420', 'hex'),
    sha256(Buffer.from(word)),
  ]);
  const key = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  return signerOf(key.export({ format: 'pem', type: 'pkcs8' }).toString());
}

export interface TestMessage extends SealedMessage {
  readonly lineDigest: Uint8Array;
}

/** For specs: what some message is sealed as. */
export const testMessage = (sequence: number, content = `message ${sequence}`): TestMessage => ({
  sequence,
  subject: `drawbridge.access.${sequence % 7}`,
  storedAt: 1_767_600_000_000 + sequence * 10,
  digest: sha256(Buffer.from(content)),
  lineDigest: lineDigest(Buffer.from(content)),
});

export interface TestLog {
  readonly seals: readonly Seal[];
  readonly end: LogEnd;
}

interface TestLogOptions {
  readonly each?: number;
  readonly signer?: Signer;
  readonly from?: LogEnd;
  readonly version?: SealVersion;
}

/** For specs: messages in seals of so many. */
export function testLog(
  messages: readonly TestMessage[],
  {
    each = 10,
    signer = testSigner('a'),
    from = emptyLog('drawbridge.test/ACCESS'),
    version = 1,
  }: TestLogOptions = {},
): TestLog {
  const seals: Seal[] = [];
  let end = from;
  for (let n = 0; n < messages.length; n += each) {
    const builder = new SealBuilder(end, version);
    for (const message of messages.slice(n, n + each))
      builder.add(version === 1 ? message : { ...message, digest: message.lineDigest });
    seals.push(builder.seal(signer, new Date(1_767_600_000_000 + n).toISOString()));
    end = builder.end;
  }
  return { seals, end };
}
