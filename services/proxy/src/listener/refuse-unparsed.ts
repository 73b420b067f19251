import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { refusalStatus, type CallRefusal } from '../domain/call-refused.js';
import { kubeStatus } from '../domain/kube-status.js';

type Unparsed = Extract<
  CallRefusal,
  | 'malformed_request'
  | 'headers_too_large'
  | 'request_timeout'
  | 'method_not_supported'
  | 'expectation_failed'
>;

const UNREAD_MS = 2_000;

const messages: Readonly<Record<Unparsed, string>> = {
  malformed_request: 'expected a plain HTTP/1.1 request',
  headers_too_large: 'expected a request head of at most 256 KiB',
  request_timeout: 'the request did not arrive in time',
  method_not_supported: 'CONNECT is not supported',
  expectation_failed: 'expected no "Expect" but "100-continue"',
};

const document = (code: Unparsed) =>
  JSON.stringify(
    kubeStatus({ code, message: messages[code], statusCode: refusalStatus[code], commandId: '' }),
  );

/** Answers on a connection whose bytes are no request of ours, and ends it. */
export function refuseUnparsed(socket: Duplex, code: Unparsed): void {
  socket.on('error', () => socket.destroy());
  if (!socket.writable) {
    socket.destroy();
    return;
  }
  const body = document(code);
  const head = [
    `HTTP/1.1 ${refusalStatus[code]} Refused`,
    'content-type: application/json',
    'cache-control: no-store',
    `content-length: ${Buffer.byteLength(body)}`,
    'connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`, () => socket.destroy());
  // Whoever does not read the answer does without.
  setTimeout(() => socket.destroy(), UNREAD_MS).unref();
}

/** Answers an `Expect` that is not `100-continue`. */
export function refuseExpectation(_request: IncomingMessage, response: ServerResponse): void {
  response.writeHead(417, { 'content-type': 'application/json', connection: 'close' });
  response.end(document('expectation_failed'));
}
