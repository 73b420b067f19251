import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { OpenGrant } from '../domain/open-grants.js';
import { boundScopes, labelKeys, type BoundObject, type StoredObject } from './bound-object.js';
import type { ClusterRbac } from './cluster-rbac.js';
import { GrantBindings } from './grant-bindings.js';
import { sweepOnce } from './sweep-orphans.js';

const owner = { instance: 'one', connection: 'prod' };
const grantOf = (id: string, namespaces = ['payments']): OpenGrant => ({
  grantId: id,
  accessRequestId: `request-${id}`,
  issuer: 'https://idp.test',
  subject: 'agent',
  connection: 'prod',
  rules: [{ verbs: ['get'], apiGroups: [''], resources: ['pods'], namespaces }],
  policy: 'oncall',
  reason: 'a test',
  approvers: [],
  issuedAtMs: 0,
  startsAtMs: 0,
  endsAtMs: Date.UTC(2026, 0, 5),
});
const keyOf = ({ kind, namespace, name }: BoundObject) => `${kind} ${namespace}/${name}`;

/** A cluster that can be away, slow to act, and changed by others. */
function cluster() {
  const stored = new Map<string, StoredObject>();
  const state = { away: false, effective: true, hangs: false, namespaces: new Set(['payments']) };
  const calls: string[] = [];
  let uid = 0;
  const answer = async (call: string) => {
    calls.push(call);
    if (state.hangs) await new Promise(() => undefined);
    await Promise.resolve();
    if (state.away) throw new Error('away');
  };
  const put = (object: BoundObject) => {
    uid += 1;
    stored.set(keyOf(object), { ...object, uid: `${uid}` });
  };
  const rbac: ClusterRbac = {
    create: async (object) => {
      await answer(`create ${keyOf(object)}`);
      if (object.namespace !== '' && !state.namespaces.has(object.namespace)) return 'noNamespace';
      if (stored.has(keyOf(object))) return 'exists';
      put(object);
      return 'created';
    },
    read: async (object) => {
      await answer(`read ${keyOf(object)}`);
      return stored.get(keyOf(object));
    },
    remove: async (object) => {
      await answer(`remove ${keyOf(object)}`);
      if (stored.get(keyOf(object))?.uid === object.uid) stored.delete(keyOf(object));
    },
    list: async (kind, selector) => {
      await answer(`list ${kind}`);
      const wanted = selector.split(',').map((pair) => pair.split('='));
      return [...stored.values()].filter(
        (object) =>
          object.kind === kind && wanted.every(([key = '', value]) => object.labels[key] === value),
      );
    },
    mayAccess: async () => {
      await answer('review');
      return state.effective;
    },
  };
  return { rbac, stored, state, calls, put };
}

function bindingsOn(place: ReturnType<typeof cluster>) {
  const open = new Set<string>();
  const lines: unknown[] = [];
  const note = (line: unknown) => void lines.push(line);
  const options = {
    owner,
    rbac: () => Promise.resolve(place.rbac),
    isOpen: ({ grantId }: { grantId: string }) => open.has(grantId),
    logger: { log: note, warn: note, error: note },
  };
  return { bindings: new GrantBindings(options), open, lines, options };
}

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe('the first call of a grant', () => {
  it('waits for role and binding, the role first, and for their effect; the next does not', async () => {
    const place = cluster();
    const { bindings, open } = bindingsOn(place);
    open.add('a');
    await bindings.ensure(grantOf('a'));
    expect(place.calls).toStrictEqual([
      'create Role payments/drawbridge-a',
      'create RoleBinding payments/drawbridge-a',
      'review',
    ]);
    expect(bindings.ensure(grantOf('a'))).toBeUndefined();
    const [role, binding] = place.stored.values();
    expect(role).toMatchObject({
      labels: {
        'app.kubernetes.io/managed-by': 'drawbridge',
        'drawbridge.dev/instance': 'one',
        'drawbridge.dev/connection': 'prod',
        'drawbridge.dev/grant': 'a',
        'drawbridge.dev/access-request': 'request-a',
      },
      annotations: {
        'drawbridge.dev/agent': 'https://idp.test#agent',
        'drawbridge.dev/expires-at': '2026-01-05T00:00:00.000Z',
      },
      rules: [{ verbs: ['get'], apiGroups: [''], resources: ['pods'] }],
    });
    expect(binding).toMatchObject({
      roleRef: { kind: 'Role', name: 'drawbridge-a' },
      subjects: [{ kind: 'Group', name: 'drawbridge:grant:a' }],
    });
  });

  it('is made for many at once', async () => {
    const place = cluster();
    const { bindings, open } = bindingsOn(place);
    open.add('a');
    for (const waiting of Array.from({ length: 50 }, () => bindings.ensure(grantOf('a')))) {
      await waiting;
    }
    expect(place.calls).toHaveLength(3);
  });

  it('is for the whole cluster where its scope is', async () => {
    const place = cluster();
    const { bindings, open } = bindingsOn(place);
    open.add('a');
    await bindings.ensure(grantOf('a', ['*']));
    expect([...place.stored.keys()]).toStrictEqual([
      'ClusterRole /drawbridge-a',
      'ClusterRoleBinding /drawbridge-a',
    ]);
  });

  it('finds what another proxy has made', async () => {
    const place = cluster();
    const [one, other] = [bindingsOn(place), bindingsOn(place)];
    for (const { open } of [one, other]) open.add('a');
    for (const waiting of [one, other].map(({ bindings }) => bindings.ensure(grantOf('a')))) {
      await waiting;
    }
    expect(place.stored.size).toBe(2);
  });

  it.each<[string, Partial<BoundObject>]>([
    ['gives more', { rules: [{ verbs: ['*'], apiGroups: ['*'], resources: ['*'] }] }],
    ['is not labelled as ours', { labels: {} }],
    ['is of another installation', { labels: { [labelKeys.instance]: 'two' } }],
  ])('is refused where a role of its name %s', async (_, more) => {
    const place = cluster();
    const { bindings, open } = bindingsOn(place);
    open.add('a');
    const [scope] = boundScopes(grantOf('a'), owner);
    if (scope === undefined) throw new Error('no scope');
    place.put({ ...scope.role, ...more });
    await expect(bindings.ensure(grantOf('a'))).rejects.toMatchObject({
      code: 'binding_unavailable',
      message: expect.stringContaining('others stand in their place') as string,
    });
    expect(place.stored.size).toBe(1);
  });

  it('is refused while the cluster is away, and not asked for by every call', async () => {
    const place = cluster();
    const { bindings, open } = bindingsOn(place);
    open.add('a');
    place.state.away = true;
    const unavailable = { code: 'binding_unavailable' };
    await expect(bindings.ensure(grantOf('a'))).rejects.toMatchObject(unavailable);
    place.state.away = false;
    expect(() => bindings.ensure(grantOf('a'))).toThrow('at the moment');
    expect(place.calls).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(1_000);
    await bindings.ensure(grantOf('a'));
    expect(place.stored.size).toBe(2);
  });

  it('is refused when the cluster does not answer in time', async () => {
    const place = cluster();
    const { bindings, open } = bindingsOn(place);
    open.add('a');
    place.state.hangs = true;
    const waiting = bindings.ensure(grantOf('a'));
    const refused = expect(waiting).rejects.toMatchObject({ code: 'binding_unavailable' });
    await vi.advanceTimersByTimeAsync(8_000);
    await refused;
  });

  it('waits until the cluster acts on it', async () => {
    const place = cluster();
    const { bindings, open } = bindingsOn(place);
    open.add('a');
    place.state.effective = false;
    let bound = false;
    const waiting = bindings.ensure(grantOf('a'))?.then(() => (bound = true));
    await vi.advanceTimersByTimeAsync(500);
    expect(bound).toBe(false);
    place.state.effective = true;
    await vi.advanceTimersByTimeAsync(500);
    await waiting;
    expect(bound).toBe(true);
  });

  it('is refused when the cluster never acts on it', async () => {
    const place = cluster();
    const { bindings, open } = bindingsOn(place);
    open.add('a');
    place.state.effective = false;
    const refused = expect(bindings.ensure(grantOf('a'))).rejects.toMatchObject({
      code: 'binding_unavailable',
    });
    await vi.advanceTimersByTimeAsync(6_000);
    await refused;
  });

  it('passes without a namespace that does not exist, and looks for it again', async () => {
    const place = cluster();
    const { bindings, open } = bindingsOn(place);
    const grant = grantOf('a', ['payments', 'later']);
    open.add('a');
    await bindings.ensure(grant);
    expect(place.stored.size).toBe(2);
    expect(bindings.ensure(grant)).toBeUndefined();
    place.state.namespaces.add('later');
    await vi.advanceTimersByTimeAsync(2_000);
    await bindings.ensure(grant);
    expect(place.stored.size).toBe(4);
  });

  it('is refused for a grant that is over', () => {
    const { bindings } = bindingsOn(cluster());
    expect(() => bindings.ensure(grantOf('a'))).toThrow('it is over');
    expect(bindings.size).toBe(0);
  });

  it('is refused for more namespaces than anybody can follow', async () => {
    const place = cluster();
    const { bindings, open } = bindingsOn(place);
    open.add('a');
    const many = Array.from({ length: 101 }, (_, index) => `n${index}`);
    await expect(bindings.ensure(grantOf('a', many))).rejects.toMatchObject({
      code: 'binding_unavailable',
    });
    expect(place.calls).toHaveLength(0);
  });
});

describe('the end of a grant', () => {
  it('removes the binding, then the role', async () => {
    const place = cluster();
    const { bindings, open } = bindingsOn(place);
    open.add('a');
    await bindings.ensure(grantOf('a'));
    bindings.removeEnded();
    await vi.advanceTimersByTimeAsync(0);
    expect(place.stored.size).toBe(2);
    open.delete('a');
    bindings.removeEnded();
    expect(() => bindings.ensure(grantOf('a'))).toThrow('it is over');
    await vi.advanceTimersByTimeAsync(100);
    expect([place.stored.size, bindings.size]).toStrictEqual([0, 0]);
    expect(place.calls.filter((call) => call.startsWith('remove'))).toStrictEqual([
      'remove RoleBinding payments/drawbridge-a',
      'remove Role payments/drawbridge-a',
    ]);
  });

  it('is tried until the cluster is back', async () => {
    const place = cluster();
    const { bindings, open } = bindingsOn(place);
    open.add('a');
    await bindings.ensure(grantOf('a'));
    open.clear();
    place.state.away = true;
    bindings.removeEnded();
    await vi.advanceTimersByTimeAsync(600_000);
    expect(place.stored.size).toBe(2);
    place.state.away = false;
    await vi.advanceTimersByTimeAsync(60_000);
    expect([place.stored.size, bindings.size]).toStrictEqual([0, 0]);
  });

  it('that comes while it is being bound leaves nothing', async () => {
    const place = cluster();
    const { bindings, open } = bindingsOn(place);
    open.add('a');
    const waiting = bindings.ensure(grantOf('a'));
    open.clear();
    bindings.removeEnded();
    await waiting;
    await vi.advanceTimersByTimeAsync(100);
    expect([place.stored.size, bindings.size]).toStrictEqual([0, 0]);
  });

  it('does not remove what stands there of others', async () => {
    const place = cluster();
    const { bindings, open } = bindingsOn(place);
    open.add('a');
    const [scope] = boundScopes(grantOf('a'), { ...owner, instance: 'two' });
    if (scope === undefined) throw new Error('no scope');
    place.put(scope.role);
    await expect(bindings.ensure(grantOf('a'))).rejects.toThrow();
    open.clear();
    bindings.removeEnded();
    await vi.advanceTimersByTimeAsync(100);
    expect([place.stored.size, bindings.size]).toStrictEqual([1, 0]);
  });

  it('of a connection removes all, open or not', async () => {
    const place = cluster();
    const { bindings, open } = bindingsOn(place);
    for (const id of ['a', 'b']) open.add(id);
    for (const id of ['a', 'b']) await bindings.ensure(grantOf(id));
    const gone = bindings.removeAll();
    await vi.advanceTimersByTimeAsync(200);
    await gone;
    expect(place.stored.size).toBe(0);
  });

  it('is waited for when the proxy stops; what is open stays for the others', async () => {
    const place = cluster();
    const { bindings, open } = bindingsOn(place);
    for (const id of ['over', 'open']) open.add(id);
    for (const id of ['over', 'open']) await bindings.ensure(grantOf(id));
    open.delete('over');
    let stopped = false;
    place.state.away = true;
    bindings.removeEnded();
    const removed = bindings.removed().then(() => (stopped = true));
    await vi.advanceTimersByTimeAsync(400);
    expect(stopped).toBe(false);
    place.state.away = false;
    // A retry may be set up behind the end of the time that one advance lets pass.
    await vi.waitFor(() => expect(stopped).toBe(true), { timeout: 60_000 });
    await removed;
    const names = [...place.stored.values()].map(({ name }) => name);
    expect(names).toStrictEqual(['drawbridge-open', 'drawbridge-open']);
  });

  it('is not waited for longer than the proxy may take to stop', async () => {
    const place = cluster();
    const { bindings, open } = bindingsOn(place);
    open.add('over');
    await bindings.ensure(grantOf('over'));
    open.delete('over');
    place.state.away = true;
    bindings.removeEnded();
    const removed = bindings.removed();
    bindings.close();
    await vi.advanceTimersByTimeAsync(100);
    await removed;
    expect(place.stored.size).toBe(2);
  });

  it('is seen by who took over', async () => {
    const place = cluster();
    const [before, after] = [bindingsOn(place), bindingsOn(place)];
    before.open.add('a');
    await before.bindings.ensure(grantOf('a'));
    after.bindings.adopt(before.bindings);
    before.bindings.close();
    after.bindings.removeEnded();
    await vi.advanceTimersByTimeAsync(100);
    expect(place.stored.size).toBe(0);
  });
});

describe('the sweep', () => {
  const never = new AbortController().signal;

  function swept(place: ReturnType<typeof cluster>) {
    const { bindings, open, lines, options } = bindingsOn(place);
    const follower = { current: true };
    const sweep = { ...options, bindings, isCurrent: () => follower.current };
    return { bindings, open, lines, follower, run: () => sweepOnce(sweep, never) };
  }
  function leave(place: ReturnType<typeof cluster>, id: string, of = owner) {
    const places = [grantOf(id), grantOf(id, ['*'])];
    for (const { role, binding } of places.flatMap((grant) => boundScopes(grant, of))) {
      place.put(role);
      place.put(binding);
    }
  }

  it('removes what is of no open grant, bindings first, and nothing else', async () => {
    const place = cluster();
    const { open, run } = swept(place);
    open.add('open');
    leave(place, 'open');
    leave(place, 'gone');
    leave(place, 'other', { ...owner, instance: 'two' });
    leave(place, 'staging', { ...owner, connection: 'staging' });
    const done = run();
    await vi.advanceTimersByTimeAsync(5_000);
    expect(await done).toBe(true);
    const left = [...place.stored.values()].map(({ labels }) => labels[labelKeys.grant]);
    expect(new Set(left)).toStrictEqual(new Set(['open', 'other', 'staging']));
    expect(place.calls.filter((call) => call.startsWith('remove'))).toStrictEqual([
      'remove RoleBinding payments/drawbridge-gone',
      'remove ClusterRoleBinding /drawbridge-gone',
      'remove Role payments/drawbridge-gone',
      'remove ClusterRole /drawbridge-gone',
    ]);
  });

  it('keeps what belongs to a grant that this proxy hears of a moment later', async () => {
    const place = cluster();
    const { open, run } = swept(place);
    leave(place, 'new');
    const done = run();
    await vi.advanceTimersByTimeAsync(2_000);
    open.add('new');
    await vi.advanceTimersByTimeAsync(3_000);
    await done;
    expect(place.stored.size).toBe(4);
  });

  it.each([
    ['before', 0],
    ['while it waits', 2_000],
  ])('removes nothing when grants cannot be followed: %s', async (_, atMs) => {
    const place = cluster();
    const { follower, run } = swept(place);
    leave(place, 'gone');
    if (atMs === 0) follower.current = false;
    const done = run();
    await vi.advanceTimersByTimeAsync(atMs);
    follower.current = false;
    await vi.advanceTimersByTimeAsync(5_000);
    expect(await done).toBe(false);
    expect(place.stored.size).toBe(4);
  });

  it('sees that somebody removed or changed a binding: the next call makes it, or is refused', async () => {
    const place = cluster();
    const { bindings, open, lines, run } = swept(place);
    open.add('a');
    await bindings.ensure(grantOf('a'));
    await vi.advanceTimersByTimeAsync(1);
    await run();
    expect(bindings.ensure(grantOf('a'))).toBeUndefined();
    const key = 'RoleBinding payments/drawbridge-a';
    const binding = place.stored.get(key);
    place.stored.delete(key);
    await run();
    expect(lines).toStrictEqual([expect.objectContaining({ grantId: 'a' })]);
    await bindings.ensure(grantOf('a'));
    await vi.advanceTimersByTimeAsync(1);
    if (binding === undefined) throw new Error('not bound');
    place.put({
      ...binding,
      subjects: [...(binding.subjects ?? []), { apiGroup: '', kind: 'User', name: 'eve' }],
    });
    await run();
    await expect(bindings.ensure(grantOf('a'))).rejects.toMatchObject({
      code: 'binding_unavailable',
    });
  });
});
