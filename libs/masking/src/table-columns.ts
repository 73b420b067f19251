import type { Digest, Scalar } from '@drawbridge/json-stream';
import { asRead } from './as-read.js';
import { isSecretName } from './secret-name.js';

/** A row of cells with more text than this is no row that a person reads. */
const MAX_ROW_BYTES = 1_048_576;

/**
 * Which columns of the tables of one body are named as secrets are: a type of one's own may print any field. The names
 * come before the rows, in a watch once for all of them.
 */
export class TableColumns {
  #secret: boolean[] = [];
  #hasSecret = false;

  /** A table begins. */
  begin(): void {
    this.#secret = [];
    this.#hasSecret = false;
  }

  add({ isString, raw }: Scalar): void {
    const isSecret = isString && isSecretName(asRead(raw), 'anywhere');
    this.#secret.push(isSecret);
    this.#hasSecret ||= isSecret;
  }

  /**
   * For a row of a table that shows a secret.
   *
   * @param mask - what stands in place of a text, as JSON; `isSecret` says that it is one whatever it looks like
   * @returns `undefined` for all others: their cells are texts like any
   */
  row(mask: MaskCell): Digest | undefined {
    if (!this.#hasSecret) return undefined;
    const secret = this.#secret;
    const parts: Buffer[] = [];
    let size = 0;
    return {
      update: (bytes) => {
        size += bytes.length;
        if (size <= MAX_ROW_BYTES) parts.push(Buffer.from(bytes));
      },
      finish: () => {
        const text = size <= MAX_ROW_BYTES ? Buffer.concat(parts).toString() : '';
        const cells = cellsIn(text).map((cell, at) => maskedCell(cell, secret[at] === true, mask));
        return Buffer.from(`[${cells.join(',')}]`);
      },
    };
  }
}

type MaskCell = (json: string, isSecret: boolean) => string;

/** What is no array of cells is left out: nobody knows what it would show. */
function cellsIn(text: string): readonly unknown[] {
  try {
    const cells: unknown = JSON.parse(text);
    return Array.isArray(cells) ? cells : [];
  } catch {
    return [];
  }
}

function maskedCell(cell: unknown, isSecret: boolean, mask: MaskCell): string {
  if (cell === null || typeof cell === 'boolean') return JSON.stringify(cell);
  // Nothing that the API server puts into a cell: shown as the text that it is.
  const plain = typeof cell === 'string' || typeof cell === 'number' ? cell : JSON.stringify(cell);
  return mask(JSON.stringify(plain), isSecret);
}
