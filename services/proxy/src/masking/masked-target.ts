import { RoundTripGuard } from '@drawbridge/masking';
import { CallRefused } from '../domain/call-refused.js';
import type { KubeRequest } from '../domain/kube-request.js';

/** What a placeholder would look like, in plain or in base64: of all others nothing has to be read. */
const mayHoldOne = /mask|%6d|[A-Za-z0-9+/%]{24}/i;
/** What is asked for again is the same object each time. */
const clean = new WeakSet<KubeRequest>();

/**
 * Refuses a call whose path or query carries a placeholder, as an argument of a command does: whoever takes it there
 * takes it for the value.
 *
 * @throws {@link CallRefused} `masked_value_written`
 */
export function refuseMaskedTarget(kube: KubeRequest): void {
  if (clean.has(kube)) return;
  if (mayHoldOne.test(kube.target) && holdsOne(kube.target)) throw maskedValueWritten();
  clean.add(kube);
}

function holdsOne(target: string): boolean {
  const text = target.replaceAll('+', ' ').replaceAll(/%([0-9A-Fa-f]{2})/g, unescaped);
  return new RoundTripGuard().push(Buffer.from(text));
}

const unescaped = (_: string, hex: string): string => String.fromCharCode(Number.parseInt(hex, 16));

export const maskedValueWritten = (): CallRefused =>
  new CallRefused(
    'masked_value_written',
    'the request carries a placeholder (drawbridge:masked:…) in place of a value that you were not shown: leave the field out, or write the value itself',
  );

/** @throws {@link CallRefused} `masked_value_written` */
export function refuseMaskedBytes(bytes: Uint8Array): void {
  inspectForPlaceholders()(bytes);
}

/** For a body that comes in pieces. @returns what takes them; it throws `masked_value_written` */
export function inspectForPlaceholders(): (piece: Uint8Array) => void {
  const guard = new RoundTripGuard();
  return (piece) => {
    if (guard.push(piece)) throw maskedValueWritten();
  };
}
