import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MaskKeys } from './mask-keys.js';
import { Masker } from './masker.js';
import type { MaskTarget } from './mask-rules.js';
import { PLACEHOLDER_SHAPE } from './placeholder.js';
import { RoundTripGuard } from './round-trip-guard.js';

const keys = new MaskKeys(Buffer.alloc(32, 7));
const masker = new Masker({ keys });
const CANARY = 'cAnary-hunter2';
const b64 = (text: string) => Buffer.from(text).toString('base64');
const core = (resource: string, subresource = ''): MaskTarget => ({
  apiGroup: '',
  resource,
  subresource,
});
const apps = (resource: string): MaskTarget => ({ apiGroup: 'apps', resource, subresource: '' });
const chunkings = [[1], [3], [7], [64], [1_000_000]];
const json = { contentType: 'application/json', contentEncoding: '', isStream: false };
const LAST = 'kubectl.kubernetes.io/last-applied-configuration';

function masked(target: MaskTarget, body: unknown, sizes: readonly number[] = [65_536]) {
  const mask = masker.body(target, json);
  const bytes = Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
  const out: Buffer[] = [];
  for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
    const size = sizes[turn % sizes.length] ?? 1;
    const chunk = Buffer.from(bytes.subarray(at, at + size));
    out.push(...mask.push(chunk).map((piece) => Buffer.from(piece)));
    chunk.fill(0x21);
    at += size;
  }
  out.push(...mask.end().map((piece) => Buffer.from(piece)));
  return { text: Buffer.concat(out).toString(), count: mask.masked };
}

const secret = {
  kind: 'Secret',
  metadata: {
    name: 'db',
    uid: '0d2b6c1e-6ddc-4b5a-9f0e-5b0c9c3c3d1a',
    resourceVersion: '41',
    annotations: {
      [LAST]: `${JSON.stringify({ kind: 'Secret', data: { pw: b64(CANARY) }, stringData: { t: CANARY } })}\n`,
    },
    managedFields: [{ fieldsV1: { 'f:data': { 'f:pw': {} } } }],
  },
  data: { pw: b64(CANARY), empty: '', nothing: null },
  stringData: { t: CANARY },
  type: 'Opaque',
  immutable: true,
};
const container = {
  name: 'app',
  image: 'checkout:1',
  command: ['sh', '-c', `run --db postgres://app:${CANARY}@db/x`],
  args: ['--password', CANARY, `--token=${CANARY}`, '--v=2'],
  env: [
    { name: 'DB_PASSWORD', value: CANARY },
    { name: 'DATABASE', value: `postgres://app:${CANARY}@db/x` },
    { value: CANARY },
    { name: 'API_TOKEN_OLD', value: CANARY },
  ],
};
const plain = {
  env: [
    { name: 'LEVEL', value: 'info' },
    { name: 'TOKEN_TTL', value: '30' },
  ],
};
const template = {
  metadata: { annotations: { note: `password: ${CANARY}` } },
  spec: { containers: [container] },
};

/** Where a value can stand, one route each. */
const routes: readonly (readonly [name: string, target: MaskTarget, body: unknown])[] = [
  ['secret', core('secrets'), secret],
  ['secret list', core('secrets'), { kind: 'SecretList', items: [secret, secret] }],
  ['secret in a watch', core('secrets'), { type: 'DELETED', object: secret }],
  [
    'secret in a table',
    core('secrets'),
    { kind: 'Table', rows: [{ cells: ['db', 'Opaque', 1], object: secret }] },
  ],
  [
    'secret in a table in a watch',
    core('secrets'),
    { type: 'ADDED', object: { kind: 'Table', rows: [{ object: secret }] } },
  ],
  [
    'secret metadata',
    core('secrets'),
    { kind: 'PartialObjectMetadataList', items: [{ metadata: secret.metadata }] },
  ],
  [
    'secret with other letters',
    core('secrets'),
    `{"D\\u0061TA":{"pw":"${b64(CANARY)}"},"StringData":{"t":"${CANARY}"}}`,
  ],
  [
    'secret twice',
    core('secrets'),
    `{"data":{"pw":"${b64(CANARY)}","pw":"${b64(CANARY)}"},"data":{"pw":"${b64(CANARY)}"}}`,
  ],
  [
    'secret of a wrong shape',
    core('secrets'),
    { data: [b64(CANARY), { a: [CANARY] }], stringData: CANARY },
  ],
  [
    'secret with objects in it',
    core('secrets'),
    { data: { pw: { a: [CANARY] }, n: [b64(CANARY)] } },
  ],
  [
    'secret with an escaped value',
    core('secrets'),
    `{"data":{"pw":"${b64(CANARY).replace('Y', '\\u0059')}"}}`,
  ],
  [
    'release of Helm',
    core('secrets'),
    { type: 'helm.sh/release.v1', data: { release: b64(b64(CANARY)) } },
  ],
  [
    'config map',
    core('configmaps'),
    { data: { 'db.password': CANARY, 'app.yaml': `a: 1\npassword: ${CANARY}\n` } },
  ],
  [
    'config map with bytes',
    core('configmaps'),
    { binaryData: { a: b64(`x\npassword=${CANARY}\n`), token: b64(CANARY) } },
  ],
  ['pod', core('pods'), { spec: template.spec, metadata: template.metadata }],
  [
    'deployment',
    apps('deployments'),
    {
      spec: { template },
      metadata: { annotations: { [LAST]: JSON.stringify({ spec: { template } }) } },
    },
  ],
  ['revision', apps('controllerrevisions'), { data: { spec: { template } } }],
  [
    'cron job',
    { apiGroup: 'batch', resource: 'cronjobs', subresource: '' },
    { items: [{ spec: { jobTemplate: { spec: { template } } } }] },
  ],
  [
    'own type',
    { apiGroup: 'x.test', resource: 'things', subresource: '' },
    {
      spec: {
        clientSecret: CANARY,
        parameters: [{ name: 'db.password', value: CANARY }],
        workload: { template },
      },
    },
  ],
  [
    'secret in another type',
    { apiGroup: 'x.test', resource: 'things', subresource: '' },
    {
      spec: {
        manifests: [
          { apiVersion: 'v1', data: { pw: b64(CANARY), a: b64(`${CANARY}x`) }, kind: 'Secret' },
          { apiVersion: 'v1', kind: 'Secret', stringData: { t: CANARY } },
        ],
      },
    },
  ],
  [
    'hexadecimal behind a name',
    apps('deployments'),
    {
      spec: {
        signingKey: Buffer.from(CANARY).toString('hex'),
        env: [{ name: 'API_TOKEN', value: Buffer.from(CANARY).toString('hex') }],
      },
    },
  ],
  ['token request', core('serviceaccounts', 'token'), { status: { token: CANARY } }],
  ['event', core('events'), { message: `pull failed: https://u:${CANARY}@registry/x` }],
  [
    'status',
    core('pods'),
    {
      kind: 'Status',
      message: `invalid: password=${CANARY}`,
      details: { causes: [{ message: `token: ${CANARY}` }] },
    },
  ],
  [
    'end of a container',
    core('pods'),
    {
      status: { containerStatuses: [{ state: { terminated: { message: `secret=${CANARY}\n` } } }] },
    },
  ],
  [
    'names that are written with escapes',
    { apiGroup: 'x.test', resource: 'things', subresource: '' },
    `{"pass\\u0077ord":"${CANARY}","all":[{"name":"TOK\\u0045N","value":"${CANARY}"}]}`,
  ],
  ...[{ options: [{ name: 'a' }] }, { args: ['a'] }].map(
    (inner): readonly [string, MaskTarget, unknown] => [
      `a pair with ${JSON.stringify(inner)} in it`,
      { apiGroup: 'x.test', resource: 'things', subresource: '' },
      { all: [{ name: 'password', ...inner, value: CANARY }] },
    ],
  ),
  ...['\n', '\r\n\t ', ' '].map((space): readonly [string, MaskTarget, unknown] => [
    `an annotation with ${JSON.stringify(space)} before its document`,
    core('pods'),
    { metadata: { annotations: { a: `${space}{"stringData":{"t":"${CANARY}"}}` } } },
  ]),
];

describe('T13 no route shows a value', () => {
  it.each(routes)('%s', (_, target, body) => {
    const { text: whole, count } = masked(target, body);
    expect(count).toBeGreaterThan(0);
    for (const sizes of chunkings) {
      const { text } = masked(target, body, sizes);
      expect(text).toBe(whole);
      expect(text).not.toContain(CANARY);
      expect(text).not.toContain(b64(CANARY));
      expect(text).not.toContain(b64(CANARY).slice(0, -4));
      expect(text).not.toContain(Buffer.from(CANARY).toString('hex'));
      JSON.parse(text);
    }
  });
});

describe('what stays', () => {
  it('of a secret: its keys, its type, and what a client sends back', () => {
    const { text } = masked(core('secrets'), secret);
    const out = JSON.parse(text) as typeof secret;
    expect({ ...out, data: 0, stringData: 0, metadata: 0 }).toStrictEqual({
      ...secret,
      data: 0,
      stringData: 0,
      metadata: 0,
    });
    expect(Object.keys(out.data)).toStrictEqual(['pw', 'empty', 'nothing']);
    expect(out.data).toMatchObject({ empty: '', nothing: null });
    expect(out.metadata.managedFields).toStrictEqual(secret.metadata.managedFields);
    expect(Buffer.from(out.data.pw, 'base64').toString()).toMatch(PLACEHOLDER_SHAPE);
    expect(out.stringData.t).toBe(Buffer.from(out.data.pw, 'base64').toString());
    const applied = JSON.parse(out.metadata.annotations[LAST]) as typeof secret;
    expect(applied.data.pw).toBe(out.data.pw);
  });

  it.each([
    ['environment', core('pods'), { spec: { containers: [plain] } }],
    [
      'page',
      core('pods'),
      {
        metadata: {
          continue: 'eyJ2IjoibWV0YS5rOHMuaW8vdjEiLCJydiI6NDEsInN0YXJ0IjoieCJ9',
          resourceVersion: '41',
        },
      },
    ],
    [
      'request for a certificate',
      { apiGroup: 'certificates.k8s.io', resource: 'certificatesigningrequests', subresource: '' },
      {
        spec: {
          request: b64(`-----BEGIN CERTIFICATE REQUEST-----\n${'q8Zr2LmX0vTy7Kb4'.repeat(20)}\n`),
        },
      },
    ],
    [
      'references',
      core('pods'),
      {
        spec: {
          volumes: [{ secret: { secretName: 'db' } }],
          env: [{ name: 'P', valueFrom: { secretKeyRef: { key: 'password', name: 'db' } } }],
          tolerations: [{ key: 'x', value: 'true' }],
          automountServiceAccountToken: false,
        },
      },
    ],
    [
      'data that is no secret',
      { apiGroup: 'x.test', resource: 'things', subresource: '' },
      { spec: { data: { level: 'info', mode: 'checkout', at: '10.0.0.1', size: 'a b c d!' } } },
    ],
    ['numbers', core('pods'), { a: 1763797047123, b: 1.5, c: true, d: null }],
  ])('%s', (_, target, body) => {
    expect(masked(target, body)).toStrictEqual({ text: JSON.stringify(body), count: 0 });
  });

  it('is all of a document in which nothing is secret, however it is split', () => {
    const anyWord = fc.constantFrom(
      'a',
      'checkout',
      'info',
      '10.0.0.1:80',
      'x\ny',
      'é"',
      'v1beta1',
    );
    const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
      tree: fc.oneof(
        { maxDepth: 5 },
        fc.oneof(anyWord, fc.integer({ max: 99_999 }), fc.boolean(), fc.constant(null)),
        fc.array(tie('tree'), { maxLength: 4 }),
        fc.dictionary(fc.constantFrom('name', 'env', 'spec', 'items', 'kind'), tie('tree'), {
          noNullPrototype: true,
        }),
      ),
    }));
    fc.assert(
      fc.property(
        tree,
        fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1 }),
        (body, sizes) => {
          const text = JSON.stringify(body, undefined, 1);
          expect(masked(core('pods'), text, sizes)).toStrictEqual({ text, count: 0 });
        },
      ),
      { numRuns: 500 },
    );
  });
});

describe('where no name stands beside a value', () => {
  const table = (...names: string[]) => ({
    kind: 'Table',
    columnDefinitions: names.map((name) => ({ name, type: 'string' })),
    rows: [
      { cells: ['w', CANARY, 3, null, `password=${CANARY}`], object: { metadata: { name: 'w' } } },
      { cells: ['v', CANARY] },
    ],
  });

  it.each(chunkings)('hides cells of a column named as a secret is, in chunks of %j', (size) => {
    for (const body of [
      table('Name', 'Password', 'Age'),
      { type: 'ADDED', object: table('Name', 'API Token') },
    ]) {
      const { text, count } = masked(apps('widgets'), body, [size]);
      expect(text).not.toContain(CANARY);
      expect(count).toBe(3);
      expect(text).toMatch(/"cells":\["w","drawbridge:masked:field:[^"]+",3,null,"password=/);
      expect(text).toContain('"metadata":{"name":"w"}');
    }
  });

  it('leaves those of other columns, and knows them in all frames of a watch', () => {
    expect(masked(apps('widgets'), table('Name', 'Notes')).text).toContain(CANARY);
    const mask = masker.body(apps('widgets'), { ...json, isStream: true });
    const later = {
      type: 'ADDED',
      object: { columnDefinitions: null, rows: [{ cells: ['w', CANARY] }] },
    };
    const frames = [{ type: 'ADDED', object: table('Name', 'Password') }, later];
    for (const frame of frames) {
      const out = mask.push(Buffer.from(`${JSON.stringify(frame)}\n`));
      expect(Buffer.concat(out).toString()).not.toContain(CANARY);
    }
  });

  it('hides values of a secret that are named as parts of a table or a message', () => {
    const data = { message: b64(CANARY), columnDefinitions: b64(CANARY), rows: b64(CANARY) };
    const body = { items: [{ data }], object: { data } };
    expect(masked(core('secrets'), body).text).not.toContain(b64(CANARY));
  });

  it('hides a change of an object that a refusal shows', () => {
    const change = `@@ -4,3 +4,3 @@\n   "Name": "DB",\n-  "Value": "${CANARY}",\n+  "Value": "x",`;
    const message = `Pod "web" is invalid: Forbidden: pod updates may not change\n${change}`;
    const body = { kind: 'Status', message, details: { causes: [{ message }] } };
    const { text } = masked(core('pods'), body);
    expect(text).not.toContain(CANARY);
    expect(text).toContain('pod updates may not change\\ndrawbridge:masked:change:');
  });
});

describe('values of a secret', () => {
  const anyData = fc.dictionary(
    fc.string({ minLength: 1 }),
    fc.uint8Array({ minLength: 1, maxLength: 60 }),
    { noNullPrototype: true },
  );
  it('are what a plain transformation makes of them', () => {
    fc.assert(
      fc.property(
        anyData,
        fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1 }),
        (data, sizes) => {
          const encode = (map: (bytes: Uint8Array) => string) =>
            Object.fromEntries(Object.entries(data).map(([key, bytes]) => [key, map(bytes)]));
          const body = {
            items: [{ data: encode((bytes) => Buffer.from(bytes).toString('base64')) }],
          };
          const expected = encode((bytes) =>
            b64(`drawbridge:masked:secret:${keys.current.id}:${keys.current.mac(bytes)}`),
          );
          const { text } = masked(core('secrets'), body, sizes);
          expect(JSON.parse(text)).toStrictEqual({ items: [{ data: expected }] });
        },
      ),
      { numRuns: 300 },
    );
  });
});

describe('a watch', () => {
  it('is masked frame by frame, each as soon as it is there', () => {
    const mask = masker.body(core('secrets'), {
      ...json,
      contentType: 'application/json;stream=watch',
      isStream: true,
    });
    const frame = Buffer.from(`${JSON.stringify({ type: 'ADDED', object: secret })}\n`);
    for (let turn = 0; turn < 3; turn += 1) {
      const out = Buffer.concat(mask.push(frame)).toString();
      expect(out.endsWith('}}\n')).toBe(true);
      expect(out).not.toContain(b64(CANARY));
    }
    expect(mask.end()).toStrictEqual([]);
  });
});

describe('T13 what cannot be masked', () => {
  it.each([
    ['application/vnd.kubernetes.protobuf', ''],
    ['application/cbor', ''],
    ['application/yaml', ''],
    ['application/json', 'gzip'],
    ['', ''],
    ['application/jsonx', ''],
  ])('is refused: %j %j', (contentType, contentEncoding) => {
    expect(() =>
      masker.body(core('secrets'), { contentType, contentEncoding, isStream: false }),
    ).toThrow(expect.objectContaining({ code: 'answer_not_maskable' }));
  });

  it.each(['{"data":', '{"data":{"a":"b"}', '{}{}', '<html>'])('is refused: %s', (text) => {
    expect(() => masked(core('secrets'), text)).toThrow(
      expect.objectContaining({ code: 'answer_not_maskable' }),
    );
  });

  it.each(chunkings)(
    'is refused: a pair with a second name behind its value, in chunks of %j',
    (size) => {
      const text =
        '[[{"name":"short","value":"a value of some words","name":"password"}],[{"a":"b"}]]';
      expect(() => masked(core('pods'), text, [size])).toThrow(
        expect.objectContaining({ code: 'answer_not_maskable' }),
      );
    },
  );
});

describe('T30 a placeholder that comes back', () => {
  const [line] = PLACEHOLDER_SHAPE.exec(masker.line(`password=${CANARY}`)) ?? [''];
  const bodies: readonly (readonly [name: string, body: string])[] = [
    ['as it is', `{"stringData":{"a":"${line}"}}`],
    ['in base64', `{"data":{"a":"${b64(line)}"}}`],
    ['in base64 behind a byte', `{"data":{"a":"${b64(`x${line}`)}"}}`],
    ['in base64 behind two bytes', `{"data":{"a":"${b64(`xy${line}z`)}"}}`],
    ['in base64 of base64', `{"data":{"a":"${b64(`x${b64(`yz${line}`)}`)}"}}`],
    ['in a patch', `[{"op":"add","path":"/data/a","value":"${b64(line)}"}]`],
    ['in JSON in a string', JSON.stringify({ a: JSON.stringify({ b: line }) })],
    [
      'with escapes',
      `{"a":"${line.replaceAll(/[:adm]/g, (letter) => `\\u00${letter.charCodeAt(0).toString(16)}`)}"}`,
    ],
    ['with escapes of YAML', `a: "${line.replaceAll('a', '\\x61')}"`],
    ['in YAML over lines', `a: "${b64(line).slice(0, 9)}\\\n   ${b64(line).slice(9)}"`],
    ['in YAML in a block', `a: |\n  ${b64(line).slice(0, 9)}\n  ${b64(line).slice(9)}`],
    ['of a key nobody knows', `{"a":"drawbridge:masked:secret:00000000:${'A'.repeat(22)}"}`],
    ['in bytes', `k8s\0\n${line}`],
  ];

  it.each(bodies)('is found: %s', (_, body) => {
    for (const size of [1, 3, 7, 64, 1_000_000]) {
      const guard = new RoundTripGuard();
      const bytes = Buffer.from(`${' '.repeat(40_000)}${body}`);
      for (let at = 39_900; at < bytes.length; at += size)
        guard.push(bytes.subarray(at, at + size));
      expect(guard.found).toBe(true);
    }
  });

  it('and nothing else', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string(), (a, b) => {
        const shown = b.trimStart();
        // A line end that is written as an escape may stand there too: see the bodies above.
        fc.pre(!shown.startsWith('\\'));
        const guard = new RoundTripGuard();
        guard.push(Buffer.from(a));
        expect(guard.push(Buffer.from(`drawbridge:masked${b}\\`))).toBe(shown.startsWith(':'));
      }),
    );
  });

  it('is found in whatever the masker makes', () => {
    for (const [, target, body] of routes) {
      const guard = new RoundTripGuard();
      expect(guard.push(Buffer.from(masked(target, body).text))).toBe(true);
    }
  });
});
