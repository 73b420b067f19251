import { Masker, MaskKeys, type BodyMask } from '@drawbridge/masking';
import { Bodies, type BodyName } from './bodies.js';

/** What is done to a body. */
export type WayName = 'mask' | 'parse' | 'parse-and-mask' | 'pass';

export interface Run {
  readonly bytes: number;
  readonly milliseconds: number;
  readonly peakBytes: number;
}

const MEGABYTE = 1_000_000;
const keys = new MaskKeys(Buffer.alloc(32, 7));

/** Does one thing to bodies of one kind, once for each call. Time is that of the work, without that of making them. */
export function rounds(way: WayName, body: BodyName, megabytes: number): () => Run {
  const bodies = new Bodies(body);
  // What making the items has left behind is none of the work's memory.
  globalThis.gc?.();
  const base = process.memoryUsage.rss();
  return () => {
    const work = workOf(way, body);
    let [bytes, milliseconds, peak] = [0, 0, base];
    const timed = (step: () => unknown): void => {
      const started = performance.now();
      step();
      milliseconds += performance.now() - started;
      peak = Math.max(peak, process.memoryUsage.rss());
    };
    for (const chunk of bodies.of(megabytes * MEGABYTE)) {
      bytes += chunk.length;
      timed(() => work.push(chunk));
    }
    timed(() => work.end());
    return { bytes, milliseconds, peakBytes: peak - base };
  };
}

type Work = Pick<BodyMask, 'push' | 'end'>;

function workOf(way: WayName, body: BodyName): Work {
  if (way === 'pass') return { push: (chunk) => [chunk], end: () => [] };
  if (way === 'mask') return maskOf(body);
  const chunks: Uint8Array[] = [];
  return {
    push: (chunk) => {
      chunks.push(chunk);
      return [];
    },
    end: () => [Buffer.from(JSON.stringify(parsed(way, body, Buffer.concat(chunks).toString())))],
  };
}

function maskOf(body: BodyName): BodyMask {
  const masker = new Masker({ keys });
  if (body === 'log') return masker.text();
  const target = { apiGroup: '', resource: body, subresource: '' };
  return masker.body(target, {
    contentType: 'application/json',
    contentEncoding: '',
    isStream: false,
  });
}

function parsed(way: WayName, body: BodyName, text: string): unknown {
  const document: unknown = JSON.parse(text);
  if (way === 'parse-and-mask' && body === 'secrets') maskParsed(document);
  return document;
}

/** The same placeholders for the values of secrets, on parsed objects: what a gateway would do without a scanner. */
function maskParsed(value: unknown): void {
  if (typeof value !== 'object' || value === null) return;
  for (const [key, inner] of Object.entries(value)) {
    if (key === 'data' && isRecord(inner)) {
      for (const name of Object.keys(inner)) inner[name] = placeholderOf(String(inner[name]));
    } else if (key === 'annotations' && isRecord(inner)) maskAnnotations(inner);
    else maskParsed(inner);
  }
}

function maskAnnotations(annotations: Record<string, unknown>): void {
  for (const [name, text] of Object.entries(annotations)) {
    const document: unknown = JSON.parse(String(text));
    maskParsed(document);
    annotations[name] = JSON.stringify(document);
  }
}

function placeholderOf(base64: string): string {
  const mac = keys.current.mac(Buffer.from(base64, 'base64'));
  return Buffer.from(`drawbridge:masked:secret:${keys.current.id}:${mac}`).toString('base64');
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
