import type { UpstreamRequest } from '../upstream.js';
import {
  checkedAuditId,
  checkedFields,
  checkedTarget,
  type HeadFrame,
} from '../write-request-head.js';

const { fromCharCode } = String;
const [SEVEN_BITS, FOUR_BITS] = [0x7f, 0x0f];
/** Places in the static table (RFC 7541, appendix A), of what every call says. */
const [GET, HTTPS, NAME_AUTHORITY, NAME_METHOD, NAME_PATH] = [
  '\x82',
  '\x87',
  '\x01',
  '\x02',
  '\x04',
];
/** Further names; without one, the name is written out. */
const known: ReadonlyMap<string, number> = new Map([
  ['accept-encoding', 16],
  ['accept', 19],
  ['authorization', 23],
  ['user-agent', 58],
]);
/** No table anywhere keeps it (section 6.2.2), and none behind us may either (6.2.3). */
const [NOT_INDEXED, NEVER_INDEXED] = [0x00, 0x10];
/** Our part of the table is empty, for good: what a server says of its size later changes nothing (section 4.2). */
export const NO_TABLE = '\x20';

/** Fields of headers that are the same for many calls. Gone with the headers. */
const callFields = new WeakMap<readonly string[], string>();
const credentialFields = new WeakMap<readonly string[], string>();

/**
 * The header block of a request without a body, to be written as latin1. Says what {@link writeRequestHead} says, and
 * checks as much. Nothing of it is kept in a table of either side: a credential least of all.
 *
 * @throws {@link TypeError} for what cannot be sent
 */
export function requestBlock(
  { method, target, headers, auditId }: UpstreamRequest,
  { prefix, host }: HeadFrame,
  credential: readonly string[],
): string {
  const audit =
    auditId === undefined ? '' : fieldText('audit-id', checkedAuditId(auditId), NOT_INDEXED);
  return (
    (method === 'GET' ? GET : NAME_METHOD + stringText(method)) +
    HTTPS +
    NAME_PATH +
    stringText(checkedTarget(prefix + target)) +
    NAME_AUTHORITY +
    stringText(host) +
    remembered(callFields, headers, 'call') +
    remembered(credentialFields, credential, 'credential') +
    audit
  );
}

function remembered(
  from: WeakMap<readonly string[], string>,
  headers: readonly string[],
  source: 'call' | 'credential',
): string {
  let text = from.get(headers);
  if (text === undefined) {
    const how = source === 'credential' ? NEVER_INDEXED : NOT_INDEXED;
    text = checkedFields(headers, source, (name, value) => fieldText(name, value, how));
    from.set(headers, text);
  }
  return text;
}

function fieldText(name: string, value: string, how: number): string {
  const lower = name.toLowerCase();
  const index = known.get(lower);
  if (index === undefined) return fromCharCode(how) + stringText(lower) + stringText(value);
  return integerText(index, how, FOUR_BITS) + stringText(value);
}

/** Letters as they are: Huffman's code would save bytes and cost time. */
const stringText = (text: string): string => integerText(text.length, 0, SEVEN_BITS) + text;

/** Section 5.1. */
function integerText(value: number, first: number, most: number): string {
  if (value < most) return fromCharCode(first | value);
  let text = fromCharCode(first | most);
  let left = value - most;
  for (; left >= 0x80; left >>>= 7) text += fromCharCode((left & 0x7f) | 0x80);
  return text + fromCharCode(left);
}
