import { describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { mergeKubeconfig, type ConnectionEntry } from './kubeconfig.js';

const entry: ConnectionEntry = {
  connection: 'prod-eks',
  server: 'https://gateway.test/connections/prod-eks',
  command: '/usr/bin/node',
  args: ['/opt/drawbridge/main.js', 'credential'],
  env: { DRAWBRIDGE_PROFILE: 'default' },
};
const merge = (existing: object | string | undefined, more = {}) => {
  const text = typeof existing === 'object' ? stringify(existing) : existing;
  const merged = mergeKubeconfig(entry, { existing: text, force: false, use: false, ...more });
  return parse(merged.text) as Record<string, unknown>;
};
const other = {
  apiVersion: 'v1',
  kind: 'Config',
  preferences: { colors: true },
  clusters: [{ name: 'mine', cluster: { server: 'https://mine' } }],
  users: [{ name: 'me', user: { token: 'mine' } }],
  contexts: [{ name: 'mine', context: { cluster: 'mine', user: 'me' } }],
  'current-context': 'mine',
};
const taken = {
  ...other,
  clusters: [{ name: 'drawbridge-prod-eks', cluster: { server: 'https://else' } }],
};

describe('a kubeconfig', () => {
  it.each([[undefined], [''], ['# nothing\n'], [{ clusters: null }]])(
    'is made from %j with the context as the current one',
    (existing) => {
      expect(merge(existing)).toMatchObject({
        apiVersion: 'v1',
        kind: 'Config',
        'current-context': 'drawbridge-prod-eks',
        clusters: [{ name: 'drawbridge-prod-eks', cluster: { server: entry.server } }],
      });
    },
  );

  it('keeps everything else of a file, and its current context', () => {
    const merged = merge(other) as typeof other;
    expect(merged).toMatchObject({ preferences: { colors: true }, 'current-context': 'mine' });
    expect(merged.clusters.map(({ name }) => name)).toEqual(['mine', 'drawbridge-prod-eks']);
    expect(merged.users[0]).toEqual(other.users[0]);
  });

  it('takes the current context over when told to', () => {
    expect(merge(other, { use: true })['current-context']).toBe('drawbridge-prod-eks');
  });

  it('does not replace another entry of the same name, unless forced', () => {
    expect(() => merge(taken)).toThrow(
      expect.objectContaining({ code: 'kubeconfig_exists' }) as Error,
    );
    expect(merge(taken, { force: true })).toMatchObject({
      clusters: [{ name: 'drawbridge-prod-eks', cluster: { server: entry.server } }],
    });
  });

  it('may be written again as it is', () => {
    const first = merge(other);
    expect(merge(first)).toEqual(first);
  });

  it.each(['[1, 2]', 'text', 'a: [', 'clusters: 5', 'apiVersion: v2', 'clusters: [{cluster: {}}]'])(
    'is not made of %j',
    (existing) => {
      expect(() => merge(existing, { force: true })).toThrow(
        expect.objectContaining({ code: 'kubeconfig_invalid' }) as Error,
      );
    },
  );
});
