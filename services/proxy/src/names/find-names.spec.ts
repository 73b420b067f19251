import { describe, expect, it } from 'vitest';
import type { NamesLookup } from '@drawbridge/contracts';
import { CallRefused } from '../domain/call-refused.js';
import type { AskCluster } from './ask-cluster.js';
import { findNames } from './find-names.js';

const pods: NamesLookup = {
  ...{ type: 'objects', apiGroup: '', resource: 'pods', namespace: 'payments' },
  patterns: ['web-*'],
};
const namespaces: NamesLookup = { type: 'namespaces', matchLabels: { team: 'payments' } };

const listOf = (names: readonly string[], next = '') => ({
  metadata: { continue: next },
  items: names.map((name) => ({ metadata: { name } })),
});

interface Asked {
  readonly path: string;
  readonly query: URLSearchParams;
  readonly accept: string;
}

/** A cluster that answers as told, and what it was asked. */
function clusterOf(answer: (asked: Asked) => { status?: number; body: unknown }) {
  const asked: Asked[] = [];
  const ask: AskCluster = (target, accept) => {
    const { pathname, searchParams } = new URL(target, 'https://cluster');
    asked.push({ path: pathname, query: searchParams, accept });
    const { status = 200, body } = answer({ path: pathname, query: searchParams, accept });
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    return Promise.resolve({ statusCode: status, body: Buffer.from(text) });
  };
  return { ask, asked };
}

/** A namespace of so many pods, page by page. */
const paged = (names: readonly string[]) =>
  clusterOf(({ query }) => {
    const from = Number(query.get('continue') ?? '0');
    const to = from + Number(query.get('limit'));
    return { body: listOf(names.slice(from, to), to < names.length ? String(to) : '') };
  });
const numbered = (name: string, count: number) =>
  Array.from({ length: count }, (_, index) => `${name}-${index}`);

describe('names', () => {
  it('of namespaces are asked for by their labels, as metadata only', async () => {
    const { ask, asked } = clusterOf(() => ({ body: listOf(['b', 'a']) }));
    const lookup = { ...namespaces, matchLabels: { team: 'payments', 'corp.test/tier': '' } };
    expect(await findNames(ask, lookup)).toStrictEqual({ names: ['a', 'b'] });
    expect(asked).toHaveLength(1);
    expect(asked[0]).toMatchObject({
      path: '/api/v1/namespaces',
      accept: 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1',
    });
    expect(asked[0]?.query.get('labelSelector')).toBe('corp.test/tier=,team=payments');
  });

  it('of objects are those that a pattern means, of all pages', async () => {
    const { ask, asked } = paged([...numbered('web', 60), ...numbered('db', 300), 'web-x']);
    const answer = await findNames(ask, pods);
    expect(answer).toHaveProperty('names.length', 61);
    expect(asked).toHaveLength(4);
    expect(asked.every(({ path }) => path === '/api/v1/namespaces/payments/pods')).toBe(true);
  });

  it('are none in a list that is null, as API servers write it', async () => {
    const { ask } = clusterOf(() => ({ body: { items: null } }));
    expect(await findNames(ask, namespaces)).toStrictEqual({ names: [] });
  });

  it('are only those that were asked about', async () => {
    const { ask } = paged(numbered('web', 300));
    const lookup = { ...pods, among: ['web-7', 'web-299', 'db-1', 'web-1000'] };
    expect(await findNames(ask, lookup)).toStrictEqual({ names: ['web-299', 'web-7'] });
    const other = { ...namespaces, among: ['web-1'] };
    expect(await findNames(ask, other)).toStrictEqual({ names: ['web-1'] });
  });

  it('more than 100 are not told, and not read to the end', async () => {
    const { ask, asked } = paged(numbered('web', 1_000));
    expect(await findNames(ask, pods)).toStrictEqual({ refusal: 'too_many' });
    expect(asked).toHaveLength(2);
  });

  it('are not looked for among more objects than anybody reads', async () => {
    const { ask, asked } = paged(numbered('db', 50_000));
    expect(await findNames(ask, pods)).toStrictEqual({ refusal: 'too_large' });
    expect(asked).toHaveLength(100);
  });

  it('a cluster that always has one page more is given up', async () => {
    const { ask } = clusterOf(({ query }) => ({
      body: listOf(numbered('db', Number(query.get('limit'))), 'more'),
    }));
    expect(await findNames(ask, pods)).toStrictEqual({ refusal: 'too_large' });
    const empty = clusterOf(() => ({ body: listOf([], 'more') }));
    expect(await findNames(empty.ask, pods)).toStrictEqual({ refusal: 'too_large' });
  });

  it('pages that are too long are asked for in smaller ones, and one that still is ends it', async () => {
    const tooLong = (limit: number) => (asked: Asked) => {
      if (Number(asked.query.get('limit')) > limit)
        throw new CallRefused('upstream_failed', 'too long');
      return { body: listOf(['web-1']) };
    };
    const smaller = clusterOf(tooLong(10));
    expect(await findNames(smaller.ask, pods)).toStrictEqual({ names: ['web-1'] });
    expect(smaller.asked.map(({ query }) => query.get('limit'))).toStrictEqual(['100', '10']);
    expect(await findNames(clusterOf(tooLong(9)).ask, pods)).toStrictEqual({
      refusal: 'too_large',
    });
  });

  it('of other API groups are asked for in the version that the cluster prefers', async () => {
    const { ask, asked } = clusterOf(({ path }) => {
      if (path === '/apis/apps') {
        const versions = [{ version: 'v1beta1' }, { version: 'v1' }];
        return { body: { preferredVersion: { version: 'v1' }, versions } };
      }
      return path.startsWith('/apis/apps/v1/')
        ? { status: 404, body: '' }
        : { body: listOf(['web-1']) };
    });
    const lookup = { ...pods, apiGroup: 'apps', resource: 'deployments' };
    expect(await findNames(ask, lookup)).toStrictEqual({ names: ['web-1'] });
    expect(asked.map(({ path }) => path)).toStrictEqual([
      '/apis/apps',
      '/apis/apps/v1/namespaces/payments/deployments',
      '/apis/apps/v1beta1/namespaces/payments/deployments',
    ]);
  });

  it.each([
    [403, 'not_permitted'],
    [404, 'kind_unknown'],
    [401, 'unavailable'],
    [406, 'unavailable'],
    [500, 'unavailable'],
    [302, 'unavailable'],
  ])('are not told when the cluster says %i: %s', async (status, refusal) => {
    const { ask } = clusterOf(() => ({ status, body: listOf(['web-1']) }));
    expect(await findNames(ask, pods)).toStrictEqual({ refusal });
    expect(await findNames(ask, { ...pods, apiGroup: 'apps' })).toStrictEqual({ refusal });
  });

  it.each([
    ['no JSON', '<html>'],
    ['no list', { items: 'web-1' }],
    ['an object without a list', {}],
    ['no names', { items: [{ metadata: {} }] }],
    ['nothing', ''],
  ])('are not made of %s', async (_what, body) => {
    const { ask } = clusterOf(() => ({ body }));
    expect(await findNames(ask, namespaces)).toStrictEqual({ refusal: 'unavailable' });
  });

  it.each(['../../secrets', 'v1/namespaces', '', 'V1'])(
    'are not asked for under a version %j that a cluster makes up',
    async (version) => {
      const { ask, asked } = clusterOf(() => ({
        body: { preferredVersion: { version }, versions: [{ version }] },
      }));
      const lookup = { ...pods, apiGroup: 'apps', resource: 'deployments' };
      expect(await findNames(ask, lookup)).toStrictEqual({ refusal: 'unavailable' });
      expect(asked).toHaveLength(1);
    },
  );
});
