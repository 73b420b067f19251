import type { Masker } from '@drawbridge/masking';
import type { KeptHeaders } from '../domain/forwarded-headers.js';

/** A `Warning` is a text of the cluster about what a client wrote, or what is there. */
export function maskWarnings(headers: KeptHeaders, masker: Masker): void {
  const { warning } = headers;
  if (warning === undefined) return;
  headers['warning'] =
    typeof warning === 'string' ? masker.line(warning) : warning.map((text) => masker.line(text));
}
