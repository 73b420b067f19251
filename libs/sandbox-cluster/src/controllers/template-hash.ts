import { isList, isObject, type Json } from '../json.js';
import { nameAlphabet } from '../registry/object-name.js';

/** The label that ties pods and ReplicaSets to one version of a pod template. */
export const templateHashLabel = 'pod-template-hash';

/** A short hash of a pod template in characters that a name may have. */
export function templateHash(template: Json): string {
  let hash = 2_166_136_261;
  for (const byte of Buffer.from(canonical(template))) {
    hash = Math.imul(hash ^ byte, 16_777_619) >>> 0;
  }
  return Array.from(Buffer.from(String(hash)))
    .map((digit) => nameAlphabet.charAt(digit % nameAlphabet.length))
    .join('');
}

/** JSON with sorted members, so that the order in which a template was written does not matter. */
function canonical(value: Json): string {
  if (isList(value)) return `[${value.map(canonical).join(',')}]`;
  if (!isObject(value)) return JSON.stringify(value);
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, member]) => `${JSON.stringify(name)}:${canonical(member ?? null)}`);
  return `{${members.join(',')}}`;
}
