import { MalformedKubeRequest } from './malformed-kube-request.js';
import { encodePlain, percentDecode } from './percent-decode.js';

/** Printable ASCII without what a path, a router or another decoder gives a meaning: `/ \ % ? # ;`. */
const plainSegment = /^[!"$&'()*+,\-.0-9:<=>@A-Z[\]^_`a-z{|}~]+$/;

/** No Kubernetes name comes near it; what is longer would only blow up refusals and records. */
export const MAX_SEGMENT_LENGTH = 1_024;

/**
 * The decoded segments of a request path. One trailing slash is dropped, as the apiserver does.
 *
 * @param path - starts with `/`, still percent-encoded, without query
 * @throws {@link MalformedKubeRequest} `malformed_kube_path` for an empty or dot segment, an encoded
 *   slash, backslash, percent or control character, a bad escape, anything outside printable ASCII, or more
 *   than 1 024 characters
 */
export function splitKubePath(path: string): readonly string[] {
  const trimmed = path.endsWith('/') ? path.slice(0, -1) : path;
  if (trimmed === '') return [];
  return trimmed.slice(1).split('/').map(decodeSegment);
}

function decodeSegment(raw: string): string {
  const segment = percentDecode(raw);
  if (segment === undefined || segment === '.' || segment === '..' || !plainSegment.test(segment)) {
    throw malformed('that is empty, a dot segment, or holds a character that must not be there');
  }
  if (segment.length > MAX_SEGMENT_LENGTH) {
    throw malformed(`of more than ${String(MAX_SEGMENT_LENGTH)} characters`);
  }
  return segment;
}

/** Encodes segments in the one way that is forwarded; `:` stays readable, as in `system:node`. */
export function joinKubePath(segments: readonly string[]): string {
  let path = '';
  for (const segment of segments) path += `/${encodePlain(segment)}`;
  return path === '' ? '/' : path;
}

const malformed = (what: string) =>
  new MalformedKubeRequest('malformed_kube_path', `the path has a segment ${what}`);
