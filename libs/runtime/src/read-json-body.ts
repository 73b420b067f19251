import type { NextFunction, Request, Response } from 'express';
import { parseStrictJson, StrictJsonError } from '@drawbridge/token';
import { RequestRefused } from './request-refused.js';

/**
 * Reads any body of at most `limitBytes` into `request.body` as a `Buffer`: for paths whose callers sign what they
 * send, or send forms.
 *
 * @param atOnce - requests of this path that may be under way, so that nobody fills our memory; more are refused with 429
 */
export const readRawBody = (limitBytes: number, atOnce = Infinity) => {
  let underWay = 0;
  return (request: Request, response: Response, next: NextFunction): void => {
    if (underWay >= atOnce) {
      response.setHeader('Retry-After', '1');
      next(new RequestRefused('too_many_requests', 'too many requests at once; try again'));
      return;
    }
    underWay += 1;
    response.once('close', () => {
      underWay -= 1;
    });
    readBytes(request, limitBytes).then((body) => {
      request.body = body;
      next();
    }, next);
  };
};

/**
 * Reads a JSON body of at most `limitBytes` into `request.body`. Anything else that has a body is refused:
 * another content type, a compressed body, text that is not UTF-8 JSON, an object with a repeated key. What was
 * read before as it is stays.
 */
export const readJsonBody =
  (limitBytes: number) =>
  (request: Request, _response: Response, next: NextFunction): void => {
    if (request.body instanceof Buffer) {
      next();
      return;
    }
    readBody(request, limitBytes).then((body: unknown) => {
      request.body = body;
      next();
    }, next);
  };

async function readBody(request: Request, limitBytes: number): Promise<unknown> {
  if (!hasBody(request)) return undefined;
  refuseContentType(request);
  return parse(await readBytes(request, limitBytes));
}

/** RFC 9112, 6.3: a request has a body when one of these headers says so. */
const hasBody = ({ headers }: Request): boolean =>
  headers['transfer-encoding'] !== undefined ||
  (headers['content-length'] !== undefined && headers['content-length'] !== '0');

function refuseContentType({ headers }: Request): void {
  const [type = '', ...parameters] = (headers['content-type'] ?? '')
    .split(';')
    .map((part) => part.trim().toLowerCase());
  const charset = parameters.find((parameter) => parameter.startsWith('charset='));
  const readable =
    type === 'application/json' &&
    [undefined, 'charset=utf-8', 'charset="utf-8"'].includes(charset) &&
    ['identity', undefined].includes(headers['content-encoding']?.toLowerCase());
  if (readable) return;
  const message = 'expected "Content-Type: application/json", UTF-8 and not compressed';
  throw new RequestRefused('content_type_unsupported', message);
}

async function readBytes(request: Request, limitBytes: number): Promise<Buffer> {
  const declared = Number(request.headers['content-length'] ?? 0);
  if (declared > limitBytes) throw tooLarge(limitBytes);
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of request.iterator({ destroyOnReturn: false })) {
      const buffer = Buffer.from(chunk as Uint8Array);
      bytes += buffer.length;
      if (bytes > limitBytes) throw tooLarge(limitBytes);
      chunks.push(buffer);
    }
  } catch (error) {
    if (error instanceof RequestRefused) throw error;
    throw new RequestRefused('request_malformed', 'the body ended early');
  }
  return Buffer.concat(chunks);
}

function parse(bytes: Uint8Array): unknown {
  try {
    return parseStrictJson(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (error) {
    const why = error instanceof StrictJsonError ? error.message : 'it is not JSON in UTF-8';
    throw new RequestRefused('body_malformed', `the body cannot be read: ${why}`);
  }
}

const tooLarge = (limitBytes: number): RequestRefused =>
  new RequestRefused('body_too_large', `the body is larger than ${limitBytes} bytes`);
