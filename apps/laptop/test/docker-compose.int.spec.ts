import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ApprovalConfig } from '@drawbridge/approval';
import { AuditConfig } from '@drawbridge/audit';
import { repositoryRoot } from '@drawbridge/embedded';
import { IdentityConfig } from '@drawbridge/identity';
import { PolicyConfig } from '@drawbridge/policy';
import { ProxyConfig } from '@drawbridge/proxy';
import { loadConfig } from '@drawbridge/runtime';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';

/** What this test looks at; `docker compose config` checks the rest. */
const Container = z.object({
  image: z.string(),
  read_only: z.boolean(),
  cap_drop: z.array(z.string()),
  security_opt: z.array(z.string()),
  restart: z.string(),
  mem_limit: z.string(),
  pids_limit: z.number(),
  user: z.string().optional(),
  profiles: z.array(z.string()).optional(),
  ports: z.array(z.string()).default([]),
  volumes: z.array(z.string()).default([]),
  networks: z.union([
    z.array(z.string()),
    z.record(z.string(), z.unknown()).transform((named) => Object.keys(named)),
  ]),
  environment: z.record(z.string(), z.string()).default({}),
});
const Compose = z.object({
  services: z.record(z.string(), Container),
  networks: z.record(z.string(), z.object({ internal: z.boolean().default(false) })),
});

const text = readFileSync(join(repositoryRoot(), 'docker-compose.yml'), 'utf8');
const compose = Compose.parse(parse(text, { merge: true }));
const containers = Object.entries(compose.services);

const schemas = {
  identity: IdentityConfig,
  policy: PolicyConfig,
  approval: ApprovalConfig,
  proxy: ProxyConfig,
  audit: AuditConfig,
};
const services = Object.entries(schemas);

const environmentOf = (name: string) => compose.services[name]?.environment ?? {};

/** Compose fills in `${NAME:-value}`. */
const filledIn = (environment: Readonly<Record<string, string>>) =>
  Object.fromEntries(
    Object.entries(environment).map(([name, value]) => [
      name,
      value.replace(/\$\{\w+:-([^}]*)\}/g, '$1'),
    ]),
  );

describe('every container of docker-compose.yml', () => {
  it.each(containers)('%s has no more rights than it needs', (_name, container) => {
    expect(container).toMatchObject({
      read_only: true,
      cap_drop: ['ALL'],
      security_opt: ['no-new-privileges:true'],
    });
    expect(container.restart).toMatch(/^(unless-stopped|on-failure)$/);
  });

  it.each(containers)('%s publishes on this machine only', (_name, { ports }) => {
    for (const port of ports) expect(port).toMatch(/^127\.0\.0\.1:\d+:\d+$/);
  });

  it.each(containers)('%s has an image of a fixed version', (_name, { image }) => {
    if (!image.startsWith('drawbridge/')) expect(image).toMatch(/:\d+(\.\d+){1,3}(-\w+)?$/);
  });

  it.each(containers)('%s does not run as root', (_name, { image, user }) => {
    // Our own images say so themselves.
    if (!image.startsWith('drawbridge/')) expect(user).toMatch(/^[1-9]\d*:[1-9]\d*$/);
  });

  it.each(containers)('%s is given secrets in files', (_name, { environment }) => {
    for (const name of Object.keys(environment)) {
      expect(name).not.toMatch(/(PASSWORD|TOKEN|SECRET|KEY)$/);
    }
  });
});

describe('Grafana', () => {
  const grafana = compose.services['grafana'];

  it('starts only when it is asked for, since it fetches its plugin', () => {
    expect(grafana?.profiles).toStrictEqual(['dashboards']);
    expect(grafana?.environment['GF_PLUGINS_PREINSTALL_SYNC']).toMatch(
      /^grafana-clickhouse-datasource@\d+\.\d+\.\d+$/,
    );
  });

  it('is given what infra/grafana has, where that says it is', () => {
    const paths = (grafana?.volumes ?? []).filter((volume) => volume.startsWith('./'));
    expect(paths).toStrictEqual([
      './infra/grafana/provisioning:/etc/grafana/provisioning:ro',
      './infra/grafana/dashboards:/etc/drawbridge/dashboards:ro',
    ]);
    const provider = readFileSync(
      join(repositoryRoot(), 'infra/grafana/provisioning/dashboards/drawbridge.yaml'),
      'utf8',
    );
    expect(provider).toContain('path: /etc/drawbridge/dashboards');
  });
});

describe('who reaches whom', () => {
  const containersOn = (network: string) =>
    containers.filter(([, { networks }]) => networks.includes(network)).map(([name]) => name);

  it('NATS and ClickHouse publish nothing and have no way out', () => {
    for (const name of ['nats', 'clickhouse']) {
      const { ports, networks = [] } = compose.services[name] ?? {};
      expect(ports).toStrictEqual([]);
      for (const network of networks) expect(compose.networks[network]?.internal).toBe(true);
    }
  });

  it('only audit and Grafana reach ClickHouse', () => {
    expect(containersOn('record')).toStrictEqual(['clickhouse', 'audit', 'grafana']);
  });

  it('the stand-ins may write to every volume: the image makes its directory, as their user', () => {
    const image = readFileSync(join(repositoryRoot(), 'infra/images/Dockerfile'), 'utf8');
    const made = / cd \/volumes \\\n {2}&& mkdir ([\w -]+) \\\n {2}&& chown 1000:1000/.exec(
      image,
    )?.[1];
    const mounted = compose.services['stand-ins']?.volumes.flatMap(
      (volume) => /:\/volumes\/([\w-]+)/.exec(volume)?.slice(1) ?? [],
    );
    // Those of infra/compose/connector.yml besides.
    expect(made?.split(' ').toSorted()).toStrictEqual(
      [...(mounted ?? []), 'site', 'connector'].toSorted(),
    );
  });

  it('the stand-ins do not reach the bus', () => {
    expect(containersOn('bus')).not.toContain('stand-ins');
  });

  it('a volume with secrets is for one container besides the stand-ins', () => {
    for (const name of text.match(/\w+-secrets(?=: \{\})/g) ?? []) {
      const users = containers.filter(([, { volumes }]) =>
        volumes.some((volume) => volume.startsWith(`${name}:`)),
      );
      const [user] = name.split('-');
      expect(users.map(([container]) => container)).toStrictEqual(['stand-ins', user]);
    }
  });
});

describe('the environment of each service', () => {
  // Written by the stand-ins to slack.env, since their ids are not known before they run.
  const slack = {
    SLACK_API_URL: 'https://stand-ins:7091/api/',
    SLACK_TEAM_ID: 'T0DRAWBRDG',
    SLACK_CHANNEL: 'C0DRAWBRDG',
  };

  it.each(services)('%s starts with it', (name, schema) => {
    const environment = filledIn(environmentOf(name));
    loadConfig(schema, name === 'approval' ? { ...environment, ...slack } : environment);
    expect(environment['NATS_USER']).toBe(name);
  });

  it.each(services)('%s knows every variable of it', (name, schema) => {
    const known = new Set([...Object.keys(schema.shape), 'NODE_EXTRA_CA_CERTS']);
    const unknown = Object.keys(environmentOf(name)).filter((variable) => !known.has(variable));
    expect(unknown).toStrictEqual([]);
  });

  it.each(services)('%s publishes the ports that it listens on', (name) => {
    const environment = environmentOf(name);
    const listens = ['HTTP_PORT', 'HTTPS_PORT'].map((variable) => environment[variable]);
    for (const port of compose.services[name]?.ports ?? []) {
      const [, outside, inside] = port.split(':');
      expect(listens).toContain(inside);
      expect(new URL(environment['PUBLIC_URL'] ?? '').port).toBe(outside);
    }
  });
});
