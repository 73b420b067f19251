import { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { expect, it } from 'vitest';
import type { VerifiedToken } from '@drawbridge/token';
import { Http1Answer } from './http1-exchange.js';
import { Http1Message, Http1Response } from './http1-message.js';
import { Http1Connections, http1ConnectionOf } from './http1-connections.js';

/** One connection of those that are ended after three looks at which nothing was owed. */
function connected() {
  const connections = new Http1Connections(15_000);
  connections.stop();
  const socket = new TLSSocket(new Socket());
  connections.add(socket);
  const connection = http1ConnectionOf(socket);
  if (connection === undefined) throw new Error('expected it to be known');
  const look = (times: number) => {
    for (let index = 0; index < times; index += 1) connections.look();
    return socket.destroyed;
  };
  return { connections, connection, look };
}

const anAnswer = () => new Http1Answer(new Http1Response(new Http1Message(new Socket())));

it('ends a connection that was idle for too long, and no sooner', () => {
  const { look } = connected();
  expect(look(3)).toBe(false);
  expect(look(1)).toBe(true);
});

it('counts anew after a call', () => {
  const { look, connection } = connected();
  look(3);
  const answer = anAnswer();
  connection.owe(answer);
  connection.settle(answer);
  expect(look(3)).toBe(false);
});

it('leaves a connection alone on which an answer is owed, however long', () => {
  const { look, connection } = connected();
  connection.owe(anAnswer());
  expect(look(100)).toBe(false);
});

it('ends a connection on which the end of an answer is not read for a minute', () => {
  const { look, connection } = connected();
  const answer = anAnswer();
  connection.owe(answer);
  answer.writeHead(200, { 'content-length': 1 });
  answer.end('x');
  expect(look(12)).toBe(false);
  expect(look(1)).toBe(true);
});

it('reads headers once for as long as they are the same', () => {
  const { connection, look } = connected();
  const raw = ['Host', 'gateway', 'Authorization', 'Bearer a'];
  const headers = connection.headersOf(raw);
  expect(connection.headersOf([...raw])).toBe(headers);
  const other = connection.headersOf([...raw.slice(0, 3), 'Bearer b']);
  expect(other.value('authorization')).toBe('Bearer b');
  expect(connection.headersOf([...raw, 'Impersonate-User', 'root']).impersonates).toBe(true);
  expect(connection.headersOf(raw).value('authorization')).toBe('Bearer a');
  const kept = connection.headersOf(raw);
  look(1);
  expect(connection.headersOf(raw)).not.toBe(kept);
});

it('leaves a connection alone on which something else is spoken', () => {
  const { look, connections, connection } = connected();
  connections.release(connection);
  expect(look(100)).toBe(false);
});

it('keeps no token of an idle connection', () => {
  const { look, connection } = connected();
  const verifier = {};
  const verified: VerifiedToken = {
    principal: { kind: 'agent', issuer: 'https://idp.test', subject: 'one', groups: [] },
    expiresAt: new Date(2_000),
  };
  connection.tokens.remember('Bearer a', verifier, { verified, untilMs: 1_000 });
  expect(connection.tokens.recall('Bearer a', verifier, 0)).toBe(verified);
  look(1);
  expect(connection.tokens.recall('Bearer a', verifier, 0)).toBeUndefined();
});

it('ends a connection on which too many requests wait behind one that is not answered', () => {
  const { connection } = connected();
  const owed = Array.from({ length: 10 }, () => connection.owe(anAnswer()));
  expect(owed).toStrictEqual([...new Array<boolean>(9).fill(true), false]);
  expect(connection.socket.destroyed).toBe(true);
});
