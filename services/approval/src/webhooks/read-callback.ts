import type { InboundSpec } from '@drawbridge/contracts';
import { RequestId } from '@drawbridge/contracts';
import { parseStrictJson } from '@drawbridge/token';
import { CallbackRefused } from './callback-refused.js';

/** What a ticket system says in a callback. */
export interface CallbackWord {
  readonly requestId: string;
  readonly ticket: string;
  readonly decision: 'approved' | 'denied';
  readonly decidedBy?: string;
  readonly seen: number;
}

const MAX_NAME = 200;

/**
 * Reads a callback whose signature was checked; `undefined` when the word in it decides nothing.
 *
 * @throws CallbackRefused `callback_unreadable`
 */
export function readCallback(body: Buffer, spec: InboundSpec): CallbackWord | undefined {
  const document = parse(body);
  const word = textAt(document, spec.decision);
  const isYes = word !== undefined && spec.approved.includes(word);
  if (!isYes && (word === undefined || !spec.denied.includes(word))) return undefined;
  const requestId = RequestId.safeParse(textAt(document, spec.request));
  if (!requestId.success) throw unreadable(`no id of an access request at ${spec.request}`);
  const ticket = textAt(document, spec.ticket);
  if (ticket === undefined) throw unreadable(`no ticket at ${spec.ticket}`);
  const decidedBy = spec.by === undefined ? undefined : nameOf(textAt(document, spec.by));
  return {
    requestId: requestId.data,
    ticket,
    decision: isYes ? 'approved' : 'denied',
    ...(decidedBy === undefined ? {} : { decidedBy }),
    seen: seenIn(document, spec.seen),
  };
}

/** A version that is named and cannot be read is no reason to take the first one. */
function seenIn(document: unknown, pointer: string | undefined): number {
  if (pointer === undefined) return 0;
  const text = textAt(document, pointer) ?? '';
  if (!/^\d{1,4}$/.test(text)) throw unreadable(`no version of terms at ${pointer}`);
  return Number(text);
}

/** It is kept for people to read, so it can neither break nor turn round a line. */
const nameOf = (text: string | undefined): string | undefined =>
  text
    ?.replaceAll(/[\p{Cc}\p{Bidi_Control}]+/gu, ' ')
    .trim()
    .slice(0, MAX_NAME) || undefined;

function parse(body: Buffer): unknown {
  try {
    return parseStrictJson(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch {
    throw unreadable('the body is not JSON in UTF-8');
  }
}

/** RFC 6901; custom fields of ticket systems are texts or numbers. */
function textAt(document: unknown, pointer: string): string | undefined {
  const found = pointer
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
    .reduce<unknown>(memberOf, document);
  if (typeof found === 'number') return String(found);
  const text = typeof found === 'string' ? found.trim() : '';
  return text === '' ? undefined : text;
}

const memberOf = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? (value as Readonly<Record<string, unknown>>)[name]
    : undefined;

const unreadable = (why: string): CallbackRefused =>
  new CallbackRefused('callback_unreadable', `the callback cannot be read: ${why}`);
