import { describe, expect, it } from 'vitest';
import type { Located } from '@drawbridge/configuration';
import type { ConnectionDocument } from '@drawbridge/contracts';
import { GatewayHosts } from './gateway-hosts.js';

const connection = (name: string, hosts?: string[]): Located<ConnectionDocument> => ({
  apiVersion: 'drawbridge.dev/v1alpha1',
  kind: 'Connection',
  metadata: { name, labels: {} },
  spec: {
    environment: 'test',
    server: 'https://k',
    credential: { type: 'bearerToken', file: 'f' },
    ...(hosts !== undefined && { hosts }),
  },
  source: { file: '/c/a.yaml', line: 3, column: 1 },
});

describe('the host names of the gateway', () => {
  const hosts = new GatewayHosts(new Set(['gateway.corp.test']));
  hosts.replace([connection('prod', ['prod.corp.test', 'p.corp.test']), connection('staging')]);

  it.each([
    ['gateway.corp.test', true, undefined],
    ['prod.corp.test', true, 'prod'],
    ['p.corp.test', true, 'prod'],
    ['staging', false, undefined],
    ['other.corp.test', false, undefined],
  ])('%s', (host, isKnown, name) => {
    expect([hosts.has(host), hosts.connectionOf(host)]).toStrictEqual([isKnown, name]);
  });

  it('cannot be taken by a connection, and stay as they were when one tries', () => {
    expect(() => {
      hosts.replace([connection('evil', ['evil.test', 'gateway.corp.test'])]);
    }).toThrow("/c/a.yaml:3:1 spec.hosts: gateway.corp.test is the gateway's own");
    expect(hosts.connectionOf('prod.corp.test')).toBe('prod');
    expect(hosts.has('evil.test')).toBe(false);
  });

  it('are forgotten with their connection', () => {
    const changing = new GatewayHosts(new Set());
    changing.replace([connection('prod', ['prod.corp.test'])]);
    changing.replace([]);
    expect(changing.has('prod.corp.test')).toBe(false);
  });
});
