import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { webhookKey } from '@drawbridge/runtime';

/** How far the time of a callback may be from ours, in either direction: what Standard Webhooks recommends. */
const WINDOW_SECONDS = 300;
const MIN_TEXT_KEY_BYTES = 16;

export type CallbackScheme = 'standard' | 'hub-sha256';

/** A callback as it came. */
export interface ReceivedCallback {
  /** By its name in lower case; a header that came twice is as good as none. */
  readonly header: (name: string) => string | undefined;
  readonly body: Buffer;
}

/** `callbackId`: of what was signed, so that nobody can send it again as something new. */
export type CallbackVerdict =
  | { readonly callbackId: string }
  | { readonly refused: 'callback_signature_invalid' | 'callback_too_old' };

/** The key of a secret file; `undefined` when it holds none. */
export function callbackKey(scheme: CallbackScheme, secret: string): Buffer | undefined {
  if (scheme === 'standard') return webhookKey(secret);
  const key = Buffer.from(secret, 'utf8');
  return key.length >= MIN_TEXT_KEY_BYTES ? key : undefined;
}

/** Whether a callback was signed with one of the keys, and lately where the scheme signs a time. */
export function verifyCallback(
  scheme: CallbackScheme,
  callback: ReceivedCallback,
  { keys, now }: { readonly keys: readonly Buffer[]; readonly now: Date },
): CallbackVerdict {
  return scheme === 'standard' ? standard(callback, keys, now) : hub(callback, keys);
}

const unsigned: CallbackVerdict = { refused: 'callback_signature_invalid' };

/** @see https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md */
function standard(
  { header, body }: ReceivedCallback,
  keys: readonly Buffer[],
  now: Date,
): CallbackVerdict {
  const id = header('webhook-id') ?? '';
  const timestamp = header('webhook-timestamp') ?? '';
  const isFormed = /^[!-~]{1,200}$/.test(id) && /^\d{1,12}$/.test(timestamp);
  // Never more signatures than there may be keys while one is changed.
  const given = (header('webhook-signature') ?? '').split(' ').slice(0, 4);
  const expected = keys.map((key) => {
    const mac = createHmac('sha256', key).update(`${id}.${timestamp}.`).update(body);
    return `v1,${mac.digest('base64')}`;
  });
  if (!isFormed || !isAnyOf(given, expected)) return unsigned;
  const isLate = Math.abs(now.getTime() / 1000 - Number(timestamp)) > WINDOW_SECONDS;
  return isLate ? { refused: 'callback_too_old' } : { callbackId: id };
}

/**
 * WebSub, as Jira signs. Nothing but the body is signed: no time, and not `X-Atlassian-Webhook-Identifier`, which
 * somebody who repeats a callback could change. So the body itself is what is remembered.
 */
function hub({ header, body }: ReceivedCallback, keys: readonly Buffer[]): CallbackVerdict {
  const given = header('x-hub-signature') ?? '';
  const expected = keys.map(
    (key) => `sha256=${createHmac('sha256', key).update(body).digest('hex')}`,
  );
  if (!isAnyOf([given], expected)) return unsigned;
  return { callbackId: `sha256:${createHash('sha256').update(body).digest('hex')}` };
}

/** All are compared, each in constant time. */
function isAnyOf(given: readonly string[], expected: readonly string[]): boolean {
  const found = given.flatMap((one) => expected.map((other) => isSame(one, other)));
  return found.includes(true);
}

function isSame(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)];
  return a.length === b.length && timingSafeEqual(a, b);
}
