/** A media range as clients send it; what is written otherwise is left out. */
const mediaRange = /^([\w!#$&^.+*-]+\/[\w!#$&^.+*-]+)((?:\s*;\s*[\w!#$&^.+-]+=[\w!#$&^.+/-]*)*)$/;
const anything = new Set(['*/*', 'application/*']);
const JSON_TYPE = 'application/json';

/**
 * An `Accept` header cut down to JSON, its forms included (`as=Table`, `as=PartialObjectMetadataList`): what comes
 * back can be read by us.
 *
 * @param accept - `''` when there was none
 * @returns `undefined` when the client takes no JSON
 */
export function acceptedJson(accept: string): string | undefined {
  if (accept.trim() === '') return JSON_TYPE;
  const ranges = accept.split(',').flatMap((range) => {
    const [, type = '', parameters = ''] = mediaRange.exec(range.trim()) ?? [];
    const name = type.toLowerCase();
    if (name === JSON_TYPE) return [JSON_TYPE + parameters];
    return anything.has(name) ? [JSON_TYPE] : [];
  });
  return ranges.length === 0 ? undefined : ranges.join(',');
}
