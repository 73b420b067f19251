import { loadConfig } from '@drawbridge/runtime';
import { describe, expect, it } from 'vitest';
import { AuditConfig } from './config.js';

const load = (env: NodeJS.ProcessEnv) => loadConfig(AuditConfig, env);

describe('the configuration of audit', () => {
  it('needs nothing but the groups of auditors', () => {
    expect(load({ AUDITOR_GROUPS: 'auditors, security' })).toMatchObject({
      AUDITOR_GROUPS: ['auditors', 'security'],
      CLICKHOUSE_URL: 'http://127.0.0.1:8123',
      CLICKHOUSE_DATABASE: 'drawbridge',
      CLICKHOUSE_RETENTION_DAYS: 400,
    });
  });

  it.each([
    ['AUDITOR_GROUPS', {}],
    ['AUDITOR_GROUPS', { AUDITOR_GROUPS: 'auditors,' }],
    ['CLICKHOUSE_URL', { AUDITOR_GROUPS: 'a', CLICKHOUSE_URL: 'chdb:///data' }],
    ['CLICKHOUSE_URL', { AUDITOR_GROUPS: 'a', CLICKHOUSE_URL: 'https://user:canary@ch:8443' }],
    ['CLICKHOUSE_DATABASE', { AUDITOR_GROUPS: 'a', CLICKHOUSE_DATABASE: 'x; DROP' }],
    ['CLICKHOUSE_RETENTION_DAYS', { AUDITOR_GROUPS: 'a', CLICKHOUSE_RETENTION_DAYS: '0' }],
  ])('refuses a bad %s without repeating it', (variable, env: NodeJS.ProcessEnv) => {
    const message = () => {
      try {
        load(env);
        return 'accepted';
      } catch (error) {
        return String(error);
      }
    };
    expect(message()).toContain(variable);
    expect(message()).not.toContain('canary');
  });
});
