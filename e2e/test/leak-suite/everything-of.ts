import { connect } from 'node:http2';
import { request } from 'node:https';
import type { RawCall, Way } from '../clients/raw-answer.js';

/** A call, and how long to listen to an answer that does not end. */
export interface LeakCall extends RawCall {
  readonly forMs?: number;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Every byte of an answer: head, body, whatever came of it. */
export interface Everything {
  /** 0 when none came. */
  readonly status: number;
  readonly head: Buffer;
  readonly body: Buffer;
}

const LONGEST_MS = 30_000;

const headersOf = ({ token }: Way, { accept, gzip, contentType, headers }: LeakCall) => ({
  accept,
  ...(gzip === true && { 'accept-encoding': 'gzip' }),
  ...(token !== undefined && { authorization: `Bearer ${token}` }),
  ...(contentType !== undefined && { 'content-type': contentType }),
  ...headers,
});

const tlsOf = ({ ca, certificate, key }: Way) => ({
  ca,
  ...(certificate !== undefined && { cert: certificate }),
  ...(key !== undefined && { key }),
});

/** Makes a call over HTTP/1.1; an answer that breaks off counts as far as it came. */
export function everythingByHttp1(way: Way, call: LeakCall): Promise<Everything> {
  return new Promise((resolve, reject) => {
    const { method = 'GET', body, forMs = LONGEST_MS } = call;
    const options = { ...tlsOf(way), method, headers: headersOf(way, call), agent: false };
    let [status, head] = [0, Buffer.alloc(0)];
    const chunks: Buffer[] = [];
    const end = () => {
      clearTimeout(timer);
      sent.destroy();
      resolve({ status, head, body: Buffer.concat(chunks) });
    };
    const timer = setTimeout(end, forMs);
    const sent = request(way.base + call.path, options, (response) => {
      status = response.statusCode ?? 0;
      head = Buffer.from(response.rawHeaders.join('\n'), 'latin1');
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', end).on('close', end);
    });
    sent.on('error', (error) => {
      clearTimeout(timer);
      if (status === 0) reject(error);
      else end();
    });
    sent.end(body);
  });
}

/** Makes a call over HTTP/2, on a session of its own. */
export function everythingByHttp2(way: Way, call: LeakCall): Promise<Everything> {
  return new Promise((resolve, reject) => {
    const { origin, pathname } = new URL(way.base);
    const session = connect(origin, tlsOf(way)).on('error', reject);
    const { method = 'GET', body, forMs = LONGEST_MS } = call;
    const path = pathname.replace(/\/$/, '') + call.path;
    const sent = { ':method': method, ':path': path, ...headersOf(way, call) };
    const stream = session.request(sent, { endStream: body === undefined });
    let [status, head] = [0, Buffer.alloc(0)];
    const chunks: Buffer[] = [];
    const end = () => {
      clearTimeout(timer);
      session.destroy();
      resolve({ status, head, body: Buffer.concat(chunks) });
    };
    const timer = setTimeout(end, forMs);
    stream.on('response', (headers) => {
      status = Number(headers[':status']);
      head = Buffer.from(JSON.stringify(headers));
    });
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    stream.on('error', () => undefined).on('close', end);
    if (body !== undefined) stream.end(body);
  });
}
