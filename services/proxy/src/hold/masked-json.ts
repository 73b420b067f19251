import type { Masker } from '@drawbridge/masking';
import type { ClusterAnswer } from './cluster-question.js';

/** What humans may be shown goes through the same masks as what agents see. */
export type EffectMasker = Pick<Masker, 'body' | 'line' | 'digest'>;

/** Of what type the values in an answer are. */
export interface MaskedType {
  readonly apiGroup: string;
  readonly resource: string;
  readonly subresource: string;
}

/**
 * The JSON of an answer, masked by its type before it is read.
 *
 * @throws what cannot be masked, or is no JSON: it is shown to nobody
 */
export function maskedJson(masker: EffectMasker, type: MaskedType, answer: ClusterAnswer): unknown {
  const head = { contentType: answer.contentType, contentEncoding: '', isStream: false };
  const mask = masker.body(type, head);
  const bytes = [...mask.push(answer.body), ...mask.end()].map((piece) => Buffer.from(piece));
  const decoded: unknown = JSON.parse(Buffer.concat(bytes).toString('utf8'));
  return decoded;
}
