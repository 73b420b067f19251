import { readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import { connect, type TLSSocket } from 'node:tls';

/*
 * What a proxy in Node costs when it does nothing but pass a GET on: Node's own TLS server and parser in front, kept
 * TLS sockets and the least reading of an answer behind. It checks nothing, limits nothing and fails for everything
 * but what the bench asks of it: no proxy, only the floor below one.
 */

const { PORT, UPSTREAM_PORT, UPSTREAM_CA = '', UPSTREAM_TOKEN, CERT = '', KEY = '' } = process.env;
const END_OF_HEAD = '\r\n\r\n';
const ca = readFileSync(UPSTREAM_CA);
const idle: TLSSocket[] = [];

/** A socket to the upstream that nobody uses. */
const socket = (): TLSSocket =>
  idle.pop() ??
  connect({
    host: '127.0.0.1',
    port: Number(UPSTREAM_PORT),
    servername: 'localhost',
    ca,
  }).setNoDelay(true);

function pass({ url = '/' }: IncomingMessage, answer: ServerResponse): void {
  const upstream = socket();
  let answered: Buffer = Buffer.alloc(0);
  const read = (chunk: Buffer) => {
    answered = answered.length === 0 ? chunk : Buffer.concat([answered, chunk]);
    const end = answered.indexOf(END_OF_HEAD);
    if (end === -1) return;
    const [status = '', ...fields] = answered.toString('latin1', 0, end).split('\r\n');
    const body = answered.subarray(end + END_OF_HEAD.length);
    const headers = fields.flatMap((field) => {
      const colon = field.indexOf(':');
      return [field.slice(0, colon), field.slice(colon + 2)];
    });
    const length = headers[headers.findIndex((name) => /^content-length$/i.test(name)) + 1];
    if (body.length < Number(length)) return;
    upstream.off('data', read);
    idle.push(upstream);
    answer.writeHead(Number(status.slice(9, 12)), headers);
    answer.end(body);
  };
  upstream.on('data', read);
  upstream.write(
    `GET ${url} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${UPSTREAM_TOKEN}${END_OF_HEAD}`,
  );
}

createServer({ cert: readFileSync(CERT), key: readFileSync(KEY), noDelay: true }, pass).listen(
  Number(PORT),
  '127.0.0.1',
);
