import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Masker, MaskKeys } from '@drawbridge/masking';
import { maskedRequest } from './masked-request.js';
import { protobufObject } from './protobuf-fields.js';

const masker = new Masker({ keys: MaskKeys.parse(Buffer.alloc(32, 7).toString('base64')) });
const TOKEN = 'ghp_16C7e42F292c6912E7710c838347Ae178B4a';
/** No detector knows it. */
const VALUE = 'correct horse battery staple';

type Field = readonly [number: number, value: string | number | Uint8Array | readonly Field[]];

function message(fields: readonly Field[]): Uint8Array {
  const writer = new BinaryWriter();
  for (const [number, value] of fields) {
    if (typeof value === 'number') writer.tag(number, WireType.Varint).int64(value);
    else writer.tag(number, WireType.LengthDelimited).bytes(bytesOf(value));
  }
  return writer.finish();
}

const bytesOf = (value: Exclude<Field[1], number>): Uint8Array =>
  typeof value === 'string'
    ? Buffer.from(value)
    : value instanceof Uint8Array
      ? value
      : message(value);

const sent = (
  kind: string,
  raw: readonly Field[] | Uint8Array,
  { more = [], apiVersion = 'v1' }: { more?: readonly Field[]; apiVersion?: string } = {},
) =>
  Buffer.concat([
    Buffer.from('k8s\0'),
    message([
      [
        1,
        [
          [1, apiVersion],
          [2, kind],
        ],
      ] as const,
      [2, raw],
      ...more,
    ]),
  ]);

const kept = (bytes: Buffer, resource = 'pods', apiGroup = '') =>
  maskedRequest(
    { bytes, mediaType: 'application/vnd.kubernetes.protobuf', contentEncoding: '' },
    { masker, target: { apiGroup, resource, subresource: '' } },
  );
/** Fields that follow one another, as words of a command do. */
const words = (...all: readonly string[]): readonly Field[] => all.map((word) => [4, word]);
const keptText = (raw: readonly Field[]) => kept(sent('Pod', raw))?.bytes.toString() ?? '';

/** As of a pod: metadata with an annotation, a container with arguments and a variable. */
const pod = ({
  annotation = 'x',
  arg = 'y',
  variable = ['MODE', 'z'] as readonly [string, string],
}): readonly Field[] => [
  [
    1,
    [
      [1, 'web-0'],
      [3, 'payments'],
      [
        12,
        [
          [1, 'corp.test/note'],
          [2, annotation],
        ],
      ],
    ],
  ],
  [
    2,
    [
      [
        2,
        [
          [1, 'web'],
          [2, 'nginx:1'],
          [4, '--password'],
          [4, arg],
          [
            7,
            [
              [1, variable[0]],
              [2, variable[1]],
            ],
          ],
        ],
      ],
      [9, 30],
    ],
  ],
];

describe('an object that is sent as protobuf', () => {
  it('is told with numbers for names', () => {
    const body = kept(sent('Pod', pod({})));
    expect(body?.contentType).toBe('application/vnd.drawbridge.protobuf-fields+json');
    expect(JSON.parse(body?.bytes.toString() ?? '')).toMatchObject({
      ...{ apiVersion: 'v1', kind: 'Pod' },
      fields: { 1: { 1: 'web-0', 3: 'payments' }, 2: { 2: { 1: 'web' }, 9: 30 } },
    });
    expect(body?.bytes.toString()).toContain('nginx:1');
  });

  it.each([
    ['a variable by its name', pod({ variable: ['DB_PASSWORD', VALUE] })],
    ['what follows a flag', pod({ arg: VALUE })],
    ['what follows a flag, beside what could be a message', words('--password', VALUE, '8080')],
    ['what follows a flag, beside a document', words('--password', VALUE, '{"a":1}', '{')],
    ['a document that follows a flag', words('-v', '--credentials', `{"a":"${VALUE}"}`)],
    [
      'a variable with a value that could be a message',
      pod({ variable: ['DB_PASSWORD', `B0${VALUE}, and ${'x'.repeat(14)}`] }),
    ],
    ['a change that is quoted', [[7, `wrong:\n@@ -1,2 +1,2 @@\n-  "${VALUE}"`]]],
    ['a document in an annotation', pod({ annotation: JSON.stringify({ password: VALUE }) })],
    [
      'a document that could be a message',
      pod({ annotation: `\n${JSON.stringify({ env: [{ value: VALUE }], x: '' }).padEnd(124)}` }),
    ],
    ['a broken document', pod({ annotation: `{"env":[{"value":"${VALUE}"` })],
    ['a document that is a secret', pod({ variable: ['KEY', JSON.stringify({ a: VALUE })] })],
    ['a document in a field of its own', [[1, JSON.stringify({ env: [{ value: VALUE }] })]]],
    [
      'a map by its key',
      [
        [
          3,
          [
            [1, 'client-secret'],
            [2, VALUE],
          ],
        ],
      ],
    ],
  ] as [string, readonly Field[]][])('masks %s', (_, raw) => {
    expect(keptText(raw)).not.toBe('');
    expect(keptText(raw)).not.toContain(VALUE);
  });

  it('masks what looks like a secret, wherever it stands', () => {
    const places = [
      pod({ annotation: TOKEN }),
      pod({ variable: ['MODE', `x ${TOKEN}`] }),
      [[40, TOKEN]],
      [[1, [[5, [[6, [[7, TOKEN]]]]]]]],
      [
        [9, [[1, TOKEN]]],
        [9, [[1, 'b']]],
      ],
    ] as readonly (readonly Field[])[];
    for (const raw of places) {
      expect(keptText(raw)).toContain('drawbridge:masked:');
      expect(keptText(raw)).not.toContain(TOKEN);
    }
  });

  it('is never told with a secret in it, whatever stands around it', () => {
    const text = fc.oneof(
      fc.string({ maxLength: 60 }),
      fc.constantFrom('', ' ', '\n', '{', 'h', 'b('),
    );
    const field = fc.integer({ min: 1, max: 30 });
    const nested = fc.letrec<{ fields: Field[] }>((tie) => ({
      fields: fc.array(
        fc.oneof(
          { maxDepth: 3 },
          fc.tuple(field, text),
          fc.tuple(field, fc.nat()),
          fc.tuple(
            field,
            fc.tuple(text, text).map(([a, b]) => `${a} ${TOKEN} ${b}`),
          ),
          fc.tuple(field, tie('fields')),
        ),
        { maxLength: 5 },
      ),
    })).fields;
    fc.assert(
      fc.property(nested, (raw) => {
        expect(kept(sent('Pod', raw))?.bytes.toString() ?? '').not.toContain(TOKEN);
      }),
      { numRuns: 300 },
    );
  });

  it('counts bytes that are no text, and what could be text as well as a message', () => {
    const { fields } = protobufObject(
      sent('Pod', [
        [1, Buffer.from([0xff, 0xfe, 0xff])],
        [2, 'haha'],
      ]),
    );
    expect(fields).toStrictEqual({ 1: { bytes: 3 }, 2: { unclear: 4 } });
  });

  it('tells words that could be messages, beside words that could not', () => {
    expect(keptText(words('--port', '8080'))).toContain('{"args":["--port","8080"]}');
  });

  it('is kept of types of Kubernetes itself only: others may have secrets that a name alone tells', () => {
    const raw: readonly Field[] = [[2, VALUE]];
    const ofOthers = 'oauth.openshift.io';
    const client = sent('OAuthClient', raw, { apiVersion: `${ofOthers}/v1` });
    expect(kept(client, 'oauthclients', ofOthers)).toBeUndefined();
    expect(kept(client)).toBeUndefined();
    expect(kept(sent('Pod', raw), 'oauthclients', ofOthers)).toBeUndefined();
    const role = sent('Role', [[1, 'a']], { apiVersion: 'rbac.authorization.k8s.io/v1' });
    expect(kept(role, 'roles', 'rbac.authorization.k8s.io')).toBeDefined();
  });

  it.each([
    ['a Secret by its call', sent('Pod', []), 'secrets'],
    ['a ConfigMap by its call', sent('Pod', []), 'configmaps'],
    ['a Secret by its word', sent('Secret', []), 'pods'],
    ['a review of a token', sent('TokenReview', []), 'tokenreviews'],
    ['what is encoded', sent('Pod', [], { more: [[3, 'gzip']] }), 'pods'],
    ['what has no magic', Buffer.from(message([[1, 'x']])), 'pods'],
    ['what is broken', sent('Pod', Buffer.from([0x0a, 0x7f])), 'pods'],
    ['what is too long', sent('Pod', [[1, 'x'.repeat(300_000)]]), 'pods'],
    [
      'what has too many fields',
      sent('Pod', Buffer.alloc(200_000, Buffer.from([0x08, 0x01]))),
      'pods',
    ],
    ['what is too deep', sent('Pod', deep(80)), 'pods'],
  ] as [string, Buffer, string][])('is not kept when it is %s', (_, bytes, resource) => {
    expect(kept(bytes, resource)).toBeUndefined();
  });
});

function deep(levels: number): readonly Field[] {
  let inner: readonly Field[] = [[1, 1]];
  for (let level = 0; level < levels; level += 1) inner = [[1, inner]];
  return inner;
}
