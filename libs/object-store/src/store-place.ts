import { fileURLToPath } from 'node:url';
import { ObjectStoreError } from './object-store-error.js';

/** A bucket, and what stands before the names of objects in it. */
export interface S3Place {
  readonly bucket: string;
  /** `''`, or ends with a slash. */
  readonly prefix: string;
  /** @default that of AWS in the region */
  readonly endpoint?: string;
  /** @default as AWS's default chain finds it */
  readonly region?: string;
  /** The bucket stands in the path and not in the host name. */
  readonly pathStyle: boolean;
}

export type StorePlace =
  { readonly type: 'directory'; readonly path: string } | ({ readonly type: 's3' } & S3Place);

const BUCKET = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;
const PREFIX = /^[\w./-]*$/;
const parameters = new Set(['endpoint', 'region', 'pathStyle']);

/**
 * Reads where objects are kept: `file:///var/lib/drawbridge/bodies`, or
 * `s3://bucket/prefix?endpoint=https://s3.corp.test&region=eu-west-1&pathStyle=true`. Credentials never stand in it.
 *
 * @throws ObjectStoreError `object_store_invalid`
 */
export function storePlace(address: string): StorePlace {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (url === undefined) throw invalid('expected file:///path or s3://bucket/prefix');
  if (url.username !== '' || url.password !== '') throw invalid('expected no user or password');
  if (url.hash !== '') throw invalid('expected no "#"');
  if (url.protocol === 'file:') return directoryOf(url);
  if (url.protocol === 's3:') return bucketOf(url);
  throw invalid(`expected file: or s3:, and not ${url.protocol}`);
}

function directoryOf(url: URL): StorePlace {
  if (url.host !== '' || url.search !== '')
    throw invalid('expected file:///path, and nothing else');
  const path = fileURLToPath(url);
  if (path === '/') throw invalid('expected a directory of its own, and not /');
  return { type: 'directory', path };
}

function bucketOf(url: URL): StorePlace {
  const bucket = url.hostname;
  if (!BUCKET.test(bucket)) throw invalid('expected the name of a bucket behind s3://');
  const unknown = [...url.searchParams.keys()].find((name) => !parameters.has(name));
  if (unknown !== undefined) throw invalid('expected endpoint, region and pathStyle only');
  const endpoint = url.searchParams.get('endpoint');
  const region = url.searchParams.get('region');
  return {
    type: 's3',
    bucket,
    prefix: prefixOf(url.pathname),
    pathStyle: isPathStyle(url.searchParams.get('pathStyle')),
    ...(endpoint !== null && { endpoint: endpointOf(endpoint) }),
    ...(region !== null && { region: regionOf(region) }),
  };
}

function prefixOf(pathname: string): string {
  const path = pathname.replace(/^\//, '').replace(/\/$/, '');
  if (!PREFIX.test(path) || path.includes('//')) {
    throw invalid('expected a prefix of letters, digits, "_", ".", "-" and "/"');
  }
  return path === '' ? '' : `${path}/`;
}

function isPathStyle(text: string | null): boolean {
  if (text !== null && text !== 'true' && text !== 'false') {
    throw invalid('expected pathStyle=true or false');
  }
  return text === 'true';
}

function endpointOf(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isHttp = url?.protocol === 'https:' || url?.protocol === 'http:';
  if (url === undefined || !isHttp || url.username !== '' || url.search !== '') {
    throw invalid('expected endpoint=https://host');
  }
  return text;
}

function regionOf(text: string): string {
  if (!/^[a-z0-9-]{1,40}$/.test(text)) throw invalid('expected region=eu-west-1 or the like');
  return text;
}

const invalid = (what: string): ObjectStoreError =>
  new ObjectStoreError('object_store_invalid', `the address of the object store: ${what}`);
