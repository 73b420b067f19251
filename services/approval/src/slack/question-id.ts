import { createHash } from 'node:crypto';

const versions = { dialog: 0x80, thread: 0x50 } as const;

/**
 * The id of a question that came from Slack: the same for the same trigger or event, however often that comes and
 * to whichever replica. Its version tells where it was typed (RFC 9562: 5 and 8 are made from names).
 */
export function questionIdOf(typedIn: keyof typeof versions, key: string): string {
  const bytes = createHash('sha256').update(`slack question ${typedIn} ${key}`).digest();
  bytes[6] = versions[typedIn] | ((bytes[6] ?? 0) & 0x0f);
  bytes[8] = 0x80 | ((bytes[8] ?? 0) & 0x3f);
  const hex = bytes.toString('hex').slice(0, 32);
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

/** Whether a question stands in the thread because it was typed there. */
export const isTypedInThread = (questionId: string): boolean => questionId[14] === '5';
