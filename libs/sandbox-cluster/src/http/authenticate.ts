import { createHash, timingSafeEqual } from 'node:crypto';
import { TLSSocket } from 'node:tls';
import { unauthorized } from '../api-status.js';
import type { Exchange, User } from './exchange.js';

/**
 * Recognises the administrator by bearer token, or whoever a client certificate of the cluster's CA names.
 *
 * There is no anonymous access. An administrator may act as somebody else with `Impersonate-User`.
 *
 * @throws {@link ApiStatus} 401.
 */
export function authenticate(exchange: Exchange, adminToken: string): User {
  const user = byToken(exchange, adminToken) ?? byCertificate(exchange);
  if (user === undefined) throw unauthorized();
  return impersonated(exchange, user);
}

const digestOf = (text: string): Buffer => createHash('sha256').update(text).digest();

function byToken(exchange: Exchange, adminToken: string): User | undefined {
  const header = exchange.header('authorization');
  if (header === undefined) return undefined;
  const token = /^Bearer +(\S+)$/i.exec(header)?.[1] ?? '';
  // Digests have one length, so the comparison tells nothing about the token.
  if (!timingSafeEqual(digestOf(token), digestOf(adminToken))) throw unauthorized();
  return {
    username: 'sandbox-admin',
    uid: '',
    groups: ['system:masters', 'system:authenticated'],
  };
}

function byCertificate({ request }: Exchange): User | undefined {
  const { socket } = request;
  if (!(socket instanceof TLSSocket) || !socket.authorized) return undefined;
  const { subject } = socket.getPeerCertificate();
  const values = (value: string | readonly string[] | undefined) => [value ?? []].flat();
  return {
    username: values(subject.CN)[0] ?? '',
    uid: '',
    groups: [...values(subject.O), 'system:authenticated'],
  };
}

function impersonated(exchange: Exchange, user: User): User {
  const username = exchange.header('impersonate-user');
  if (username === undefined || !user.groups.includes('system:masters')) return user;
  const groups = (exchange.header('impersonate-group') ?? '')
    .split(',')
    .filter((name) => name !== '');
  return {
    username,
    uid: exchange.header('impersonate-uid') ?? '',
    groups: [...groups.map((name) => name.trim()), 'system:authenticated'],
  };
}
