import type { Readable } from 'node:stream';
import { z } from 'zod';
import { CallRefused } from '../domain/call-refused.js';
import { headerValue } from '../domain/request-head.js';
import type { SelfReviewKind } from '../domain/self-review.js';
import type { ClientRequest } from '../listener/client-exchange.js';
import { readProtobufReview, type WrittenReview } from './review-protobuf.js';
import { malformedReview, reviewOf, type Review } from './review.js';

/** A review is a handful of names. */
const MAX_REVIEW_BYTES = 65_536;

/** What the URL says that the body must be. */
export interface ExpectedReview {
  readonly kind: SelfReviewKind;
  readonly apiVersion: string;
}

export interface ReceivedReview {
  readonly review: Review;
  readonly bytes: number;
}

/**
 * Reads the body of a review, as JSON or as Kubernetes protobuf.
 *
 * @throws {@link CallRefused} `review_type_unsupported`, `review_malformed`, `body_too_large`
 */
export async function readReview(
  request: ClientRequest,
  expected: ExpectedReview,
): Promise<ReceivedReview> {
  const read = readerOf(headerValue(request.rawHeaders, 'content-type') ?? '');
  if ((request.announced?.length ?? 0) > MAX_REVIEW_BYTES) throw tooLarge();
  const body = request.announced === undefined ? Buffer.alloc(0) : await collected(request.body);
  const written = attempt(() => read(body, expected.kind));
  for (const field of ['kind', 'apiVersion'] as const) {
    // As the apiserver: what is not said is taken from the URL.
    if (written[field] !== '' && written[field] !== expected[field]) {
      throw malformedReview(`expected the ${field} ${expected[field]}, as in the URL`);
    }
  }
  return { review: reviewOf(expected.kind, written.spec), bytes: body.length };
}

type Read = (body: Buffer, kind: SelfReviewKind) => WrittenReview;

function readerOf(contentType: string): Read {
  const [type = ''] = contentType.split(';');
  switch (type.trim().toLowerCase()) {
    case '':
    case 'application/json':
      return readJsonReview;
    case 'application/vnd.kubernetes.protobuf':
      return readProtobufReview;
    default:
      throw new CallRefused(
        'review_type_unsupported',
        'the gateway answers reviews itself and reads them as application/json or application/vnd.kubernetes.protobuf',
      );
  }
}

const JsonReview = z.object({
  kind: z.string().default(''),
  apiVersion: z.string().default(''),
  spec: z.unknown().optional(),
});

function readJsonReview(body: Buffer): WrittenReview {
  const { kind, apiVersion, spec } = JsonReview.parse(JSON.parse(body.toString('utf8')));
  return { kind, apiVersion, spec };
}

function attempt(read: () => WrittenReview): WrittenReview {
  try {
    return read();
  } catch (cause) {
    throw malformedReview('it is not the object that its type and the URL say', cause);
  }
}

async function collected(body: Readable): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let total = 0;
  // The connection carries our answer too, so it must outlive a body that is not read to its end.
  for await (const chunk of body.iterator({ destroyOnReturn: false })) {
    const bytes: unknown = chunk;
    if (!(bytes instanceof Uint8Array)) throw new TypeError('a request body must be read as bytes');
    total += bytes.length;
    if (total > MAX_REVIEW_BYTES) throw tooLarge();
    chunks.push(bytes);
  }
  return Buffer.concat(chunks);
}

const tooLarge = () =>
  new CallRefused('body_too_large', `expected a review of at most ${MAX_REVIEW_BYTES} bytes`);
