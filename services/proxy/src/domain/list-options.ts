import { parseFieldSelector } from './field-selector.js';
import { queryValue, type KubeQuery } from './kube-query.js';
import { MAX_SEGMENT_LENGTH } from './kube-path.js';
import { isLabelSelector } from './label-selector.js';
import { MalformedKubeRequest } from './malformed-kube-request.js';

/** What `ListOptions` of a collection request say about its verb and name. */
export interface ListIntent {
  readonly watch: boolean;
  /** The one object a `metadata.name` field selector asks for; `''` when there is none. */
  readonly name: string;
}

/**
 * Reads `ListOptions` as the apiserver does when a GET names no object.
 *
 * When any option does not decode the apiserver keeps `watch` only.
 *
 * @throws {@link MalformedKubeRequest} for a `watch` outside ASCII: Go folds `ſ` to `s` there
 */
export function listIntent(query: KubeQuery): ListIntent {
  const watch = isTrue(queryValue(query, 'watch'));
  const selector = parseFieldSelector(queryValue(query, 'fieldSelector') ?? '');
  const name = decodes(query) ? (selector?.exactName ?? '') : '';
  return { watch, name: isPathSegmentName(name) ? name : '' };
}

/** Kubernetes reads a boolean parameter as true unless it is `0` or `false`: `?watch` alone is true. */
export function isTrue(value: string | undefined): boolean {
  if (value === undefined) return false;
  if (!/^[\x20-\x7e]*$/.test(value)) {
    throw new MalformedKubeRequest(
      'malformed_kube_query',
      'the query is refused: a boolean parameter holds characters outside ASCII',
    );
  }
  return value !== '0' && value.toLowerCase() !== 'false';
}

function decodes(query: KubeQuery): boolean {
  return (
    isInt64(queryValue(query, 'limit') ?? '0') &&
    isInt64(queryValue(query, 'timeoutSeconds') ?? '0') &&
    isLabelSelector(queryValue(query, 'labelSelector') ?? '')
  );
}

function isInt64(text: string): boolean {
  // As long as it can be without a look at its value.
  if (/^[0-9]{1,18}$/.test(text)) return true;
  if (!/^[+-]?[0-9]{1,40}$/.test(text)) return false;
  const value = BigInt(text.replace('+', ''));
  return value >= -(2n ** 63n) && value < 2n ** 63n;
}

/** A name that no path could hold counts as none. */
function isPathSegmentName(name: string): boolean {
  if (name.length > MAX_SEGMENT_LENGTH) return false;
  return name !== '.' && name !== '..' && !name.includes('/') && !name.includes('%');
}
