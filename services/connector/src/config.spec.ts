import { describe, expect, it } from 'vitest';
import { loadConfig } from '@drawbridge/runtime';
import { ConnectorConfig } from './config.js';

const env = {
  GATEWAY_URL: 'https://gateway.corp.test',
  CONNECTION: 'edge',
  TOKEN_FILE: '/run/token',
};

describe('the environment of a connector', () => {
  it('needs a gateway, a connection and a token', () => {
    expect(loadConfig(ConnectorConfig, env)).toMatchObject({
      API_SERVER: 'kubernetes.default.svc:443',
      MAX_STREAMS: 2_000,
    });
    expect(() => loadConfig(ConnectorConfig, {})).toThrow(
      /GATEWAY_URL: is required\n.*CONNECTION: is required\n.*TOKEN_FILE: is required/,
    );
  });

  it.each([
    ['GATEWAY_URL', 'http://gateway.corp.test'],
    ['API_SERVER', 'https://kubernetes.default.svc'],
    ['API_SERVER', 'kubernetes.default.svc'],
    ['API_SERVER', 'a b:443'],
    ['MAX_STREAMS', '0'],
    ['MAX_STREAMS', '99999'],
    ['NAME', 'a b'],
  ])('refuses %s=%s', (variable, value) => {
    expect(() => loadConfig(ConnectorConfig, { ...env, [variable]: value })).toThrow(variable);
  });

  it('takes IPv6 addresses in brackets', () => {
    expect(loadConfig(ConnectorConfig, { ...env, API_SERVER: '[fd00::1]:6443' }).API_SERVER).toBe(
      '[fd00::1]:6443',
    );
  });
});
