import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { commonConfig, natsOptions, port } from './common-config.js';
import { ConfigInvalid, loadConfig, readSecretFile } from './load-config.js';

const Config = z.object({
  ...commonConfig,
  CONFIG_DIR: z.string().min(1),
  SLACK_SIGNING_SECRET: z.string().min(32, 'expected at least 32 characters').optional(),
});

const problemsOf = (env: NodeJS.ProcessEnv) => {
  try {
    loadConfig(Config, env);
  } catch (error) {
    if (error instanceof ConfigInvalid) return error.problems;
    throw error;
  }
  return [];
};

describe('loading the configuration', () => {
  it('needs only what has no safe default', () => {
    expect(loadConfig(Config, { CONFIG_DIR: '/etc/drawbridge' })).toStrictEqual({
      CONFIG_DIR: '/etc/drawbridge',
      HTTP_HOST: '127.0.0.1',
      HTTP_PORT: 8080,
      LOG_LEVEL: 'info',
      NATS_URL: 'nats://127.0.0.1:4222',
    });
  });

  it('takes what is set, and leaves out what it does not know', () => {
    const env = {
      CONFIG_DIR: 'c',
      HTTP_PORT: '0',
      PUBLIC_URL: 'https://drawbridge.corp.test',
      NATS_URL: 'nats://a:1,nats://b:2',
      HOME: '/root',
    };
    const config = loadConfig(Config, env);
    expect(config).toMatchObject({ HTTP_PORT: 0, PUBLIC_URL: 'https://drawbridge.corp.test' });
    expect(config).not.toHaveProperty('HOME');
  });

  it('names every bad variable, and the value of none', () => {
    const env = {
      HTTP_PORT: 'hunter2',
      LOG_LEVEL: 'hunter2',
      NATS_URL: 'http://hunter2',
      PUBLIC_URL: 'hunter2',
      SLACK_SIGNING_SECRET: 'hunter2',
    };
    const problems = problemsOf(env);
    expect(problems.map(({ variable }) => variable).toSorted()).toStrictEqual([
      'CONFIG_DIR',
      ...Object.keys(env).toSorted(),
    ]);
    expect(problems).toContainEqual({ variable: 'CONFIG_DIR', message: 'is required' });
    const { message, code } = new ConfigInvalid(problems);
    expect(code).toBe('config_invalid');
    for (const variable of Object.keys(env)) expect(message).toContain(variable);
    expect(message).not.toContain('hunter2');
  });

  it('takes an empty variable for an absent one', () => {
    expect(problemsOf({ CONFIG_DIR: '', HTTP_PORT: '' })).toStrictEqual([
      { variable: 'CONFIG_DIR', message: 'is required' },
    ]);
  });

  it.each(['-1', '65536', '80.5', '0x50', '8080 ', 'http', '1e3'])(
    'refuses the port %j',
    (text) => {
      expect(() => loadConfig(z.object({ PORT: port(1) }), { PORT: text })).toThrow('PORT');
    },
  );
});

describe('a secret file', () => {
  const directory = mkdtempSync(join(tmpdir(), 'drawbridge-config-'));
  const file = (text: string): string => {
    const path = join(directory, 'secret');
    writeFileSync(path, text);
    return path;
  };

  it.each([
    ['s3cret', 's3cret'],
    ['s3cret\n', 's3cret'],
    ['s3cret\r\n\n', 's3cret'],
    [' spaces stay ', ' spaces stay '],
  ])('%j holds %j', (text, secret) => {
    expect(readSecretFile('X_FILE', file(text))).toBe(secret);
  });

  it('is a configuration problem when it is empty or not there', () => {
    expect(() => readSecretFile('X_FILE', file('\n'))).toThrow(/X_FILE: the file .* is empty/);
    expect(() => readSecretFile('X_FILE', '/none')).toThrow(/X_FILE: the file "\/none" cannot/);
  });

  it('gives the password for NATS', () => {
    const options = natsOptions({
      NATS_URL: 'nats://a:1, nats://b:2',
      NATS_USER: 'policy',
      NATS_PASSWORD_FILE: file('p\n'),
      NATS_CA_FILE: 'ca.pem',
    });
    const servers = ['nats://a:1', 'nats://b:2'];
    const tls = { caFile: 'ca.pem' };
    expect(options).toStrictEqual({ servers, user: 'policy', password: 'p', tls });
    expect(natsOptions({ NATS_URL: 'nats://a:1' })).toStrictEqual({ servers: ['nats://a:1'] });
  });
});
