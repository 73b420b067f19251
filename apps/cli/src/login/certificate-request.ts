import { sign } from 'node:crypto';
import type { AgentKey } from '../profile/agent-key.js';

const SEQUENCE = 0x30;
const BIT_STRING = 0x03;
const VERSION_0 = Buffer.from([0x02, 0x01, 0x00]);
/** The gateway takes no name and no extension from a request. */
const NO_NAME = Buffer.from([SEQUENCE, 0x00]);
const NO_ATTRIBUTES = Buffer.from([0xa0, 0x00]);
const ECDSA_WITH_SHA256 = Buffer.from('300a06082a8648ce3d040302', 'hex');

/**
 * A certificate signing request (PKCS #10, PEM) that says nothing but which key it is for. Written by hand, because
 * kubectl waits for it and a library for certificates takes longer to load than everything else.
 */
export function certificateRequest({ key, spki }: Pick<AgentKey, 'key' | 'spki'>): string {
  const info = der(SEQUENCE, VERSION_0, NO_NAME, spki, NO_ATTRIBUTES);
  const signature = der(BIT_STRING, Buffer.from([0]), sign('sha256', info, key));
  const request = der(SEQUENCE, info, ECDSA_WITH_SHA256, signature).toString('base64');
  const lines = request.match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE REQUEST-----\n${lines.join('\n')}\n-----END CERTIFICATE REQUEST-----\n`;
}

/** All that is written here is shorter than 65 536 bytes. */
function der(tag: number, ...parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  const { length } = body;
  if (length < 0x80) return Buffer.concat([Buffer.from([tag, length]), body]);
  if (length < 0x100) return Buffer.concat([Buffer.from([tag, 0x81, length]), body]);
  return Buffer.concat([Buffer.from([tag, 0x82, length >> 8, length & 0xff]), body]);
}
