import { describe, expect, it } from 'vitest';
import { loadConfig } from '@drawbridge/runtime';
import { hostsOf, ProxyConfig } from './config.js';

const good = {
  CONFIG_DIR: '/etc/drawbridge',
  TLS_CERT_FILE: '/tls/tls.crt',
  TLS_KEY_FILE: '/tls/tls.key',
  MASK_KEYS_FILE: '/masking/keys',
  PUBLIC_URL: 'https://Gateway.corp.test:8443/',
};

describe('the environment of the proxy', () => {
  it('needs only where it is reached and its files', () => {
    expect(loadConfig(ProxyConfig, good)).toMatchObject({
      HTTPS_HOST: '127.0.0.1',
      HTTPS_PORT: 8443,
      HTTP_PORT: 8080,
      AGENT_MAX_STREAMS: 64,
    });
  });

  it.each([
    ['PUBLIC_URL', 'http://gateway.corp.test'],
    ['HTTPS_PORT', '70000'],
    ['HOSTS', 'a/b'],
    ['AGENT_MAX_CALLS', '0'],
    ['AGENT_MAX_CALLS', '-1'],
    ['TLS_KEY_FILE', ''],
    ['MASK_KEYS_FILE', ''],
    ['WORKERS', '0'],
    ['WORKERS', '65'],
    ['WORKERS', '2.5'],
    ['WORKERS', 'many'],
  ])('names %s when it is %s', (variable, value) => {
    expect(() => loadConfig(ProxyConfig, { ...good, [variable]: value })).toThrow(variable);
  });

  it('serves by itself, or by as many threads as are asked for', () => {
    expect(loadConfig(ProxyConfig, good).WORKERS).toBe(1);
    expect(loadConfig(ProxyConfig, { ...good, WORKERS: '3' }).WORKERS).toBe(3);
    const { WORKERS } = loadConfig(ProxyConfig, { ...good, WORKERS: 'auto' });
    expect(WORKERS).toBeGreaterThanOrEqual(1);
  });

  it('gives the names of the gateway in lower case and without port', () => {
    const config = loadConfig(ProxyConfig, { ...good, HOSTS: '10.0.0.1,Other.test' });
    expect([...hostsOf(config)]).toStrictEqual(['gateway.corp.test', '10.0.0.1', 'other.test']);
  });
});
