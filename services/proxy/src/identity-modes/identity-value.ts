/** What needs no encoding: printable ASCII without the blank and without `%` itself. */
const plain = /^[!-$&-~]+$/;

/**
 * A claim as it stands in an impersonation header, or `undefined` when it cannot stand there.
 *
 * Every byte of its UTF-8 form that is not printable ASCII, the blank and `%` become `%XX`. So no value can
 * end a header line, none loses its ends on the way, and no two claims give the same value. Refused are blank
 * claims and text that has no UTF-8 form.
 */
export function identityValue(claim: unknown): string | undefined {
  if (typeof claim !== 'string' || claim.trim() === '' || !claim.isWellFormed()) return undefined;
  return plain.test(claim) ? claim : [...Buffer.from(claim, 'utf8')].map(encodeByte).join('');
}

function encodeByte(byte: number): string {
  const char = String.fromCharCode(byte);
  return plain.test(char) ? char : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
}
