import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { createCertificateAuthority } from '@drawbridge/embedded';
import { eventually } from '@drawbridge/testing';
import type { Exchange } from '../src/chain/exchange.js';
import type { CallOutcome } from '../src/domain/call-outcome.js';
import { gatewayServer, type GatewayServer } from '../src/listener/gateway-server.js';
import { rawCall, rawConnection, type RawTarget } from './raw-call.js';

const outcome = { outcome: 'completed', statusCode: 200, requestBytes: 0, responseBytes: 0 };
const error = vi.fn<() => void>();
const logger = { log: () => undefined, warn: () => undefined, error };

let gateway: GatewayServer;
let target: RawTarget;
let calls: Exchange[] = [];
let answer: (call: Exchange) => void;

beforeAll(async () => {
  const authority = await createCertificateAuthority('test');
  const { certificate: cert, key } = await authority.issueServer(['localhost']);
  gateway = gatewayServer({
    certificate: { cert, key },
    handle: async (call) => {
      calls.push(call);
      answer(call);
      return Promise.resolve(outcome as CallOutcome);
    },
    clock: () => new Date(),
    logger,
    connections: { enter: () => () => undefined } as never,
    ticketKeys: randomBytes(48),
  });
  gateway.server.listen(0, '127.0.0.1');
  await once(gateway.server, 'listening');
  const { port } = gateway.server.address() as AddressInfo;
  const certificateAuthority = authority.certificate;
  target = { host: '127.0.0.1', port, certificateAuthority };
});

afterAll(() => {
  gateway.endConnections();
  gateway.server.close();
});

beforeEach(() => {
  calls = [];
  error.mockClear();
});

const get = (path: string, more = '') => `GET ${path} HTTP/1.1\r\nhost: localhost\r\n${more}\r\n`;
const json = { 'content-type': 'application/json' };
const bodyOf = (text: string) => text.slice(text.indexOf('\r\n\r\n') + 4);

describe('an answer over HTTP/1.1 that is there as a whole', () => {
  it('has its length, a date, and leaves the connection for the next call', async () => {
    answer = ({ answer: to, request }) => {
      to.writeHead(200, { ...json, warning: ['299 - "one"', '299 - "two"'] });
      to.end(`of ${request.target} with ü`);
    };
    const { text, statuses, closed } = await rawCall(target, get('/a') + get('/b'), 2);
    expect(statuses).toStrictEqual([200, 200]);
    expect(closed).toBe(false);
    const [first = ''] = text.split('HTTP/1.1 200 OK').filter(Boolean);
    expect(first).toContain('\r\ncontent-type: application/json\r\n');
    expect(first).toContain('\r\nwarning: 299 - "one"\r\nwarning: 299 - "two"\r\n');
    expect(first).toContain('\r\ncontent-length: 13\r\n');
    expect(first).toMatch(/\r\ndate: \w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT\r\n/);
    expect(Buffer.from(bodyOf(first), 'latin1').toString()).toBe('of /a with ü');
  });

  it('waits for the one before it, whichever is ready first', async () => {
    answer = ({ answer: to, request }) => {
      const say = () => {
        to.writeHead(200, json);
        to.end(request.target);
      };
      if (request.target === '/first') setTimeout(say, 100);
      else say();
    };
    const { text } = await rawCall(target, get('/first') + get('/second') + get('/third'), 3);
    expect(text.match(/\/(first|second|third)/g)).toStrictEqual(['/first', '/second', '/third']);
  });

  it('says that it was sent, and that it is over, once', async () => {
    const sent = vi.fn<() => void>();
    const closed = vi.fn<() => void>();
    answer = ({ answer: to }) => {
      to.on('close', closed);
      to.writeHead(200, json);
      to.end('{}', sent);
      expect(to.headersSent).toBe(true);
    };
    await rawCall(target, get('/'));
    expect(sent).toHaveBeenCalledTimes(1);
    expect(closed).toHaveBeenCalledTimes(1);
  });

  it('says that it is over, and not that it was sent, when its client is gone', async () => {
    const sent = vi.fn<() => void>();
    const closed = vi.fn<() => void>();
    let late: () => void = () => undefined;
    answer = ({ answer: to }) => {
      to.on('close', closed);
      late = () => {
        to.writeHead(200, json);
        to.end('{}', sent);
      };
    };
    const socket = await rawConnection(target);
    socket.write(get('/'));
    await eventually(() => expect(calls).toHaveLength(1));
    socket.destroy();
    await eventually(() => expect(closed).toHaveBeenCalledTimes(1));
    late();
    answer = ({ answer: to }) => {
      to.writeHead(200, json);
      to.end('{}');
    };
    await rawCall(target, get('/'));
    expect(sent).not.toHaveBeenCalled();
    expect(closed).toHaveBeenCalledTimes(1);
  });

  it.each([
    ['HEAD', 200],
    ['GET', 204],
    ['GET', 304],
  ])('has no body when it is to %s with %s', async (method, statusCode) => {
    answer = ({ answer: to }) => {
      to.writeHead(statusCode, json);
      to.end('not to be seen');
    };
    const twice = get('/').replace('GET', method).repeat(2);
    const { text, statuses } = await rawCall(target, twice, 2);
    expect(statuses).toStrictEqual([statusCode, statusCode]);
    expect(text).not.toContain('not to be seen');
  });

  it('is the last on its connection when it is said to be, or when a body was held back for it', async () => {
    answer = ({ answer: to, request }) => {
      to.writeHead(403, json, request.target === '/close');
      to.end('{}');
    };
    const expecting = get('/expects', 'expect: 100-continue\r\ncontent-length: 5\r\n');
    for (const asked of [get('/close'), expecting]) {
      const { text, closed } = await rawCall(target, asked);
      expect(text).toMatch(/^HTTP\/1.1 403 Forbidden\r\n/);
      expect(text).toMatch(/\r\nconnection: close\r\n/i);
      expect(closed).toBe(true);
    }
  });

  it('never has a line that a value has begun', async () => {
    answer = ({ answer: to }) => {
      to.writeHead(200, { warning: 'one\r\nset-cookie: two' });
      to.end('{}');
    };
    const { text, closed } = await rawCall(target, get('/'));
    expect({ text, closed }).toStrictEqual({ text: '', closed: true });
    expect(error).toHaveBeenCalledTimes(1);
  });

  it('is the last that is taken on when its client asks on and on and reads nothing', async () => {
    const sent = vi.fn<() => void>();
    let taken: () => void = () => undefined;
    answer = ({ answer: to }) => {
      to.writeHead(200, json);
      to.end('x'.repeat(8_000), sent);
      taken();
    };
    const socket = await rawConnection(target);
    socket.on('error', () => undefined).pause();
    const isTaken = () => {
      const { promise, resolve } = Promise.withResolvers<boolean>();
      taken = () => resolve(true);
      setTimeout(() => resolve(false), 500);
      socket.write(get('/'));
      return promise;
    };
    // More than what two kernels keep for a connection.
    let asked = 1;
    while (asked < 3_000 && (await isTaken())) asked += 1;
    expect(asked).toBeLessThan(3_000);
    expect(calls.length - sent.mock.calls.length).toBeLessThanOrEqual(9);
    socket.destroy();
  });

  it('is given once', async () => {
    answer = ({ answer: to }) => {
      to.writeHead(200, json);
      expect(() => to.writeHead(500, json)).toThrow('answered already');
      to.end('{}');
    };
    const { statuses } = await rawCall(target, get('/'));
    expect(statuses).toStrictEqual([200]);
  });
});
