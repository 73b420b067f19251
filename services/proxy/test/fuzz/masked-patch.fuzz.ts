import { expect } from 'vitest';
import fc from 'fast-check';
import { fuzz } from '@drawbridge/fuzzing';
import { Masker, MaskKeys } from '@drawbridge/masking';
import { CallRefused } from '../../src/domain/call-refused.js';
import { refuseMaskedPatch } from '../../src/masking/refuse-masked-patch.js';
import { patched, type PatchOperation } from './json-patch.js';

const masker = new Masker({ keys: new MaskKeys(Buffer.alloc(32, 7)) });
/** Of two clusters that differ in nothing else: what looks like a secret, and what only its name makes one. */
const worlds = [
  { looks: ['AKIA', 'IOSFODNN7EXAMPLX'].join(''), named: 'first' },
  { looks: ['AKIA', 'QQQQAAAABBBBCCCC'].join(''), named: 'other' },
] as const;
type World = (typeof worlds)[number];

const meta = {
  name: 'it',
  labels: { app: 'shop', odd: 'label' },
  annotations: { team: 'payments', 'api-token': '' },
};
const targets = {
  configmaps: ({ looks, named }: World) => ({
    metadata: { ...meta, annotations: { ...meta.annotations, 'api-token': named, note: looks } },
    data: { conf: looks, password: named, level: 'debug', DB_PASSWORD: named },
    immutable: false,
  }),
  secrets: ({ looks, named }: World) => ({
    metadata: meta,
    data: { conf: looks, password: named, level: named },
    type: 'Opaque',
  }),
  pods: ({ looks, named }: World) => ({
    metadata: { ...meta, labels: { ...meta.labels, odd: looks } },
    spec: {
      nodeName: 'node-1',
      containers: [
        {
          name: 'app',
          image: 'app:1',
          workingDir: looks,
          args: ['--password', named, looks],
          env: [
            { name: 'DB_PASSWORD', value: named },
            { name: 'LEVEL', value: 'debug' },
          ],
        },
      ],
      volumes: [{ name: 'one' }],
    },
    status: { phase: 'Running' },
  }),
  widgets: ({ looks, named }: World) => ({
    metadata: meta,
    spec: {
      auth: { password: named, user: 'app' },
      headers: [
        { name: 'Authorization', value: named },
        { name: 'Accept', value: 'text' },
      ],
      args: ['--password', named],
      url: `postgres://app:${named}@db/app`,
      note: looks,
      open: { deep: { conf: looks } },
    },
  }),
};
type Resource = keyof typeof targets;

const pointers = fc.oneof(
  fc.constantFrom(
    ...[
      '',
      '/data',
      '/data/conf',
      '/data/password',
      '/data/level',
      '/data/DB_PASSWORD',
      '/data/new',
    ],
    ...['/metadata', '/metadata/name', '/metadata/labels', '/metadata/labels/odd', '/type'],
    ...['/metadata/labels/new', '/metadata/annotations', '/metadata/annotations/team', '/new'],
    ...['/metadata/annotations/api-token', '/metadata/annotations/note', '/immutable', '/spec'],
    ...['/spec/nodeName', '/spec/volumes/0/name', '/status/phase', '/spec/containers'],
  ),
  fc
    .tuple(
      fc.constant('/spec/containers/0'),
      fc.constantFrom(
        ...['', '/image', '/workingDir', '/args', '/args/1', '/args/2', '/env', '/env/0'],
        ...['/env/0/value', '/env/1/value', '/env/0/name', '/env/1/name', '/env/0/valueFrom'],
        ...['/name', '/new', '/args/0', '/args/-', '/env/-', '/ports/0/name', '/command'],
      ),
    )
    .map((parts) => parts.join('')),
  fc
    .tuple(
      fc.constant('/spec'),
      fc.constantFrom(
        ...['/auth', '/auth/password', '/auth/user', '/headers', '/headers/0', '/headers/0/name'],
        ...['/headers/0/value', '/headers/-', '/headers/1', '/headers/1/name', '/url', '/note'],
        ...['/open', '/open/deep', '/open/deep/conf', '/new', '/new/name', '/env', '/metadata'],
      ),
    )
    .map((parts) => parts.join('')),
  fc
    .array(fc.constantFrom('data', 'password', 'conf', '0', '~0', '~1', ''), { maxLength: 3 })
    .map((segments) => segments.map((segment) => `/${segment}`).join('')),
);
const values = fc.oneof(
  fc.constantFrom(...worlds.flatMap(({ looks, named }) => [looks, named]), 'debug', '', 'new'),
  fc.constantFrom(null, 1, true, {}, [], { odd: worlds[0].looks }, [worlds[0].named]),
);
const operations: fc.Arbitrary<PatchOperation> = fc.oneof(
  fc.record({ op: fc.constantFrom('copy', 'move'), from: pointers, path: pointers }),
  fc.record({ op: fc.constantFrom('test', 'add', 'replace'), path: pointers, value: values }),
  fc.record({ op: fc.constant('remove'), path: pointers }),
);

/**
 * Whoever may send a patch learns nothing from it: two clusters that look the same before, but for placeholders, look
 * the same after it.
 */
fuzz({
  file: import.meta.url,
  samples: fc.record({
    resource: fc.constantFrom<Resource>('configmaps', 'secrets', 'pods', 'widgets'),
    patch: fc.array(operations, { minLength: 1, maxLength: 5 }),
  }),
  holds: ({ resource, patch }) => {
    if (isRefused(resource, patch)) return;
    const outcomes = worlds.map((world) =>
      shown(resource, patched(targets[resource](world), patch)),
    );
    expect(outcomes[0]).toBe(outcomes[1]);
  },
});

const target = (resource: Resource) => {
  return { apiGroup: resource === 'widgets' ? 'example.com' : '', resource, subresource: '' };
};

function isRefused(resource: Resource, patch: readonly PatchOperation[]): boolean {
  try {
    refuseMaskedPatch(Buffer.from(JSON.stringify(patch)), { ...target(resource), masker });
    return false;
  } catch (error) {
    if (error instanceof CallRefused) return true;
    throw error;
  }
}

/** What is seen of an object: which values are equal is shown on purpose, and not what this is about. */
function shown(resource: Resource, object: unknown): string {
  if (object === undefined) return 'refused by the cluster';
  const mask = masker.body(target(resource), {
    ...{ contentType: 'application/json', contentEncoding: '', isStream: false },
  });
  const pieces = [...mask.push(Buffer.from(JSON.stringify(object)))].map((piece) =>
    Buffer.from(piece),
  );
  const text = Buffer.concat([...pieces, ...mask.end()]).toString();
  return text
    .replaceAll(/drawbridge:masked:[\w-]+:[0-9a-f]{8}:[\w-]{22}/g, 'masked')
    .replaceAll(/[A-Za-z0-9+/]{60,}={0,2}/g, 'masked');
}
