import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { AwsError } from './aws-error.js';

/** A request as it arrived; names of headers in lower case. */
export interface SignedCall {
  readonly method: string;
  readonly path: string;
  /** Still percent-encoded, without `?`. */
  readonly query: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** What a signature says of itself, before it is checked. */
export interface Signature {
  readonly accessKeyId: string;
  /** `20260105T090000Z` */
  readonly date: string;
  readonly region: string;
  readonly service: string;
  readonly signedHeaders: readonly string[];
  readonly signature: string;
  readonly sessionToken: string | undefined;
  /** In the query of an address that somebody else may call, and not in headers. */
  readonly presigned: boolean;
}

const ALGORITHM = 'AWS4-HMAC-SHA256';

/** Reads the Signature Version 4 of a call. @throws {@link AwsError} */
export function readSignature({ query, headers }: SignedCall): Signature {
  const parameters = new URLSearchParams(query);
  const authorization = headers['authorization'];
  if (authorization === undefined) return presignature(parameters);
  const [, credential = '', names = '', signature = ''] =
    /^AWS4-HMAC-SHA256 Credential=([^,]+), ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})$/.exec(
      authorization,
    ) ?? [];
  return {
    ...scopeOf(credential),
    date: headers['x-amz-date'] ?? '',
    signedHeaders: names.split(';'),
    signature,
    sessionToken: headers['x-amz-security-token'],
    presigned: false,
  };
}

function presignature(parameters: URLSearchParams): Signature {
  const get = (name: string) => parameters.get(name) ?? '';
  if (get('X-Amz-Algorithm') !== ALGORITHM) {
    throw new AwsError(
      403,
      'MissingAuthenticationToken',
      'Request is missing Authentication Token',
    );
  }
  return {
    ...scopeOf(get('X-Amz-Credential')),
    date: get('X-Amz-Date'),
    signedHeaders: get('X-Amz-SignedHeaders').split(';'),
    signature: get('X-Amz-Signature'),
    sessionToken: parameters.get('X-Amz-Security-Token') ?? undefined,
    presigned: true,
  };
}

function scopeOf(credential: string): Pick<Signature, 'accessKeyId' | 'region' | 'service'> {
  const [, accessKeyId, , region, service] =
    /^(\w+)\/(\d{8})\/([\w-]+)\/([\w-]+)\/aws4_request$/.exec(credential) ?? [];
  if (accessKeyId === undefined || region === undefined || service === undefined) {
    throw new AwsError(400, 'IncompleteSignature', 'the credential has no scope');
  }
  return { accessKeyId, region, service };
}

/** Headers without which a signature would leave open what is asked of whom. */
const mustBeSigned = ['host', 'x-amz-date', 'x-amz-security-token', 'x-k8s-aws-id'];

/** Checks a signature byte for byte. @throws {@link AwsError} `SignatureDoesNotMatch` */
export function checkSignature(call: SignedCall, signature: Signature, secret: string): void {
  const { headers } = call;
  const unsigned = mustBeSigned.filter(
    (name) => headers[name] !== undefined && !signature.signedHeaders.includes(name),
  );
  const canonical = canonicalRequest(call, signature);
  const expected = Buffer.from(sign(canonical, signature, secret));
  const given = Buffer.from(signature.signature);
  const matches = expected.length === given.length && timingSafeEqual(expected, given);
  if (matches && unsigned.length === 0) return;
  // As AWS: the message quotes the request, its security token included. So nobody may log it.
  throw new AwsError(
    403,
    'SignatureDoesNotMatch',
    `The request signature we calculated does not match the signature you provided. The Canonical String for this request should have been '${canonical}'`,
  );
}

function canonicalRequest(call: SignedCall, { signedHeaders, presigned }: Signature): string {
  const pairs = [...new URLSearchParams(call.query)]
    .filter(([name]) => !(presigned && name === 'X-Amz-Signature'))
    .map(([name, value]) => [encode(name), encode(value)] as const)
    .toSorted((one, other) => compare(one.join('='), other.join('=')));
  return [
    call.method,
    call.path.split('/').map(encode).join('/'),
    pairs.map((pair) => pair.join('=')).join('&'),
    ...signedHeaders.map((name) => `${name}:${(call.headers[name] ?? '').trim()}`),
    '',
    signedHeaders.join(';'),
    sha256(call.body),
  ].join('\n');
}

function sign(canonical: string, { date, region, service }: Signature, secret: string): string {
  const day = date.slice(0, 8);
  const scope = [day, region, service, 'aws4_request'];
  const text = [ALGORITHM, date, scope.join('/'), sha256(canonical)].join('\n');
  const key = scope.reduce<Buffer>(hmac, Buffer.from(`AWS4${secret}`));
  return hmac(key, text).toString('hex');
}

const hmac = (key: Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest();
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
const compare = (one: string, other: string): number => Number(one > other) - Number(one < other);
const encode = (text: string): string =>
  encodeURIComponent(text).replaceAll(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );

/** The instant of `20260105T090000Z`, in milliseconds; NaN for anything else. */
export function amzDate(text: string): number {
  const match = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(text);
  if (match === null) return NaN;
  const [, year, month, day, hour, minute, second] = match;
  return Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
}
