import { JsonScanner, JsonStreamError, type ScannerOptions } from '@drawbridge/json-stream';
import { CallRefused } from '../domain/call-refused.js';
import type { AnswerHead, BodyTransform } from '../streams/body-transform.js';

/** Ten times what etcd takes as one object: what is larger and has not said its name yet never will. */
const MAX_HELD_BYTES = 16 * 1024 * 1024;

/** A JSON body that goes to the client by rules. Fails closed. */
export class JsonBody implements BodyTransform {
  readonly #scanner: JsonScanner;

  constructor(options: Omit<ScannerOptions, 'maxHeldBytes'>) {
    this.#scanner = new JsonScanner({ ...options, maxHeldBytes: MAX_HELD_BYTES });
  }

  push(chunk: Uint8Array): readonly Uint8Array[] {
    try {
      return this.#scanner.push(chunk);
    } catch (error) {
      throw translated(error);
    }
  }

  end(): readonly Uint8Array[] {
    try {
      this.#scanner.end();
      return [];
    } catch (error) {
      throw translated(error);
    }
  }
}

/** Whether a body can be read by us at all: JSON, and not compressed. */
export function isPlainJson({ contentType, contentEncoding }: AnswerHead): boolean {
  const isPlain = contentEncoding === '' || contentEncoding.toLowerCase() === 'identity';
  return isPlain && /^application\/json\s*(?:;|$)/i.test(contentType);
}

export const notFilterable = (why: string, cause?: unknown): CallRefused =>
  new CallRefused(
    'answer_not_filterable',
    `your grant shows some objects only, and the cluster's answer cannot be cut down to them: ${why}`,
    { cause },
  );

function translated(error: unknown): unknown {
  return error instanceof JsonStreamError ? notFilterable(error.message, error) : error;
}
