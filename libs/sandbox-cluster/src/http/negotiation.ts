import { notAcceptable } from '../api-status.js';

/** What a client wants back. */
export interface Negotiated {
  readonly mediaType: 'application/json' | 'application/yaml';
  readonly as: 'object' | 'Table' | 'PartialObjectMetadata' | 'PartialObjectMetadataList';
  /** The version of meta.k8s.io for anything but `object`. */
  readonly version: string;
}

/** One entry of an `Accept` header. */
export interface AcceptEntry {
  readonly mediaType: string;
  readonly parameters: Readonly<Record<string, string>>;
}

/** Splits an `Accept` header; the order of the client counts, weights are ignored as the API server does. */
export function parseAccept(header: string | undefined): readonly AcceptEntry[] {
  return (header ?? '*/*')
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '')
    .map((entry) => {
      const [mediaType = '', ...parameters] = entry.split(';').map((part) => part.trim());
      const pairs = parameters.map((parameter) => {
        const [name = '', value = ''] = parameter.split('=');
        return [name, value] as const;
      });
      return { mediaType: mediaType.toLowerCase(), parameters: Object.fromEntries(pairs) };
    });
}

const transforms = new Set(['Table', 'PartialObjectMetadata', 'PartialObjectMetadataList']);

/**
 * Picks the first entry of `Accept` that the sandbox can produce. Protobuf and CBOR are passed over.
 *
 * @throws {@link ApiStatus} 406 when none is left.
 */
export function negotiate(header: string | undefined): Negotiated {
  for (const { mediaType, parameters } of parseAccept(header)) {
    const produced = producedType(mediaType);
    const as = parameters['as'];
    if (produced === undefined) continue;
    if (as === undefined) return { mediaType: produced, as: 'object', version: 'v1' };
    const version = parameters['v'] ?? '';
    if (isTransform(as) && parameters['g'] === 'meta.k8s.io' && /^v1(beta1)?$/.test(version)) {
      return { mediaType: produced, as, version };
    }
  }
  throw notAcceptable(['application/json', 'application/yaml']);
}

function isTransform(as: string): as is Exclude<Negotiated['as'], 'object'> {
  return transforms.has(as);
}

function producedType(mediaType: string): Negotiated['mediaType'] | undefined {
  if (mediaType === 'application/yaml') return 'application/yaml';
  const json = ['application/json', 'application/*', '*/*', 'text/*', 'text/plain'];
  return json.includes(mediaType) ? 'application/json' : undefined;
}
