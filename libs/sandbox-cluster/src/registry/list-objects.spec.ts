import { beforeEach, describe, expect, it } from 'vitest';
import { type KubeObject, kubeObject, withField } from '../kube-object.js';
import { kubernetesSchemas } from '../openapi/schema.js';
import { ResourceTypes } from '../resources/catalogue.js';
import { configMaps } from '../resources/configuration.js';
import { listObjects, type Page, parsePageRequest, parseSelection } from './list-objects.js';
import { ObjectStore } from './object-store.js';

const map = (name: string): KubeObject =>
  kubeObject({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'n' } });
const names = (page: Page) => page.objects.map(({ metadata }) => metadata.name);

let store: ObjectStore;
const list = (query: string): Page =>
  listObjects(
    {
      ...{ store, schemas: kubernetesSchemas(), types: new ResourceTypes() },
      clock: () => new Date('2026-01-05T09:00:00Z'),
    },
    parseSelection(configMaps, 'n', new URLSearchParams(query)),
    parsePageRequest(new URLSearchParams(query)),
  );
const tokenOf = (page: Page) => encodeURIComponent(page.continueToken ?? '');

beforeEach(() => {
  store = new ObjectStore({ maxObjects: 100, historyLimit: 10 });
  for (const name of ['a', 'b', 'c', 'd', 'e']) store.put(configMaps, map(name));
});

describe('a paged list', () => {
  it('tells how many remain and goes on where it stopped', () => {
    const first = list('limit=2');
    expect([names(first), first.remaining]).toStrictEqual([['a', 'b'], 3]);
    const second = list(`limit=2&continue=${tokenOf(first)}`);
    expect([names(second), second.remaining]).toStrictEqual([['c', 'd'], 1]);
    const last = list(`limit=2&continue=${tokenOf(second)}`);
    expect([names(last), last.continueToken]).toStrictEqual([['e'], undefined]);
  });

  it('shows every page as it was when the first one was read', () => {
    const first = list('limit=2');
    store.put(configMaps, map('bb'));
    store.remove(configMaps, map('d'));
    store.put(configMaps, withField(map('c'), ['data'], { changed: 'yes' }));
    const rest = list(`continue=${tokenOf(first)}`);
    expect(names(rest)).toStrictEqual(['c', 'd', 'e']);
    expect(rest.objects[0]?.['data']).toBeUndefined();
    expect(rest.resourceVersion).toBe(first.resourceVersion);
  });

  it('refuses a token whose past is forgotten with 410 and a token that goes on with the present', () => {
    const first = list('limit=2');
    for (let index = 0; index < 30; index += 1) store.put(configMaps, map('c'));
    store.remove(configMaps, map('d'));
    let refusal: unknown;
    try {
      list(`limit=2&continue=${tokenOf(first)}`);
    } catch (error) {
      refusal = error;
    }
    expect(refusal).toMatchObject({ code: 410, reason: 'Expired' });
    const status = (refusal as { toStatus(): { metadata: { continue: string } } }).toStatus();
    expect(names(list(`continue=${encodeURIComponent(status.metadata.continue)}`))).toStrictEqual([
      'c',
      'e',
    ]);
  });

  it.each(['continue=%21', 'continue=e30', 'limit=many'])('refuses %s with 400', (query) => {
    expect(() => list(query)).toThrow(expect.objectContaining({ code: 400 }));
  });

  it('lists an exact past version', () => {
    const before = store.resourceVersion;
    store.remove(configMaps, map('a'));
    expect(names(list(`resourceVersion=${before}&resourceVersionMatch=Exact`))).toHaveLength(5);
    expect(names(list(''))).toHaveLength(4);
  });
});

describe('the object store', () => {
  it('gives every change the next version and tells them in order', () => {
    const seen: string[] = [];
    const stop = store.subscribe(({ change, resourceVersion }) =>
      seen.push(`${change} ${resourceVersion}`),
    );
    const start = store.resourceVersion;
    store.put(configMaps, map('a'));
    store.put(configMaps, map('z'));
    store.remove(configMaps, map('z'));
    stop();
    store.put(configMaps, map('a'));
    expect(seen).toStrictEqual([
      `MODIFIED ${start + 1}`,
      `ADDED ${start + 2}`,
      `DELETED ${start + 3}`,
    ]);
  });

  it('refuses more objects than it may hold, and takes one again when one is gone', () => {
    const small = new ObjectStore({ maxObjects: 1, historyLimit: 10 });
    small.put(configMaps, map('a'));
    expect(() => small.put(configMaps, map('b'))).toThrow(expect.objectContaining({ code: 500 }));
    small.remove(configMaps, map('a'));
    expect(small.put(configMaps, map('b')).metadata.name).toBe('b');
  });
});
