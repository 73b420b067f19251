import { describe, expect, it } from 'vitest';
import { protobufMessages } from '../openapi/protobuf-messages.js';
import { kubernetesSchemas } from '../openapi/schema.js';
import { decodeProtobuf } from './protobuf-body.js';

const kinds = { messages: protobufMessages(), schemas: kubernetesSchemas() };
const field = (number: number, bytes: Buffer | string): Buffer => {
  const content = Buffer.from(bytes);
  return Buffer.concat([Buffer.from([number * 8 + 2, content.length]), content]);
};
const varint = (number: number, value: number): Buffer => Buffer.from([number * 8, value]);
const join = (...parts: Buffer[]): Buffer => Buffer.concat(parts);
const body = (apiVersion: string, kind: string, object: Buffer): Buffer =>
  join(
    Buffer.from('k8s\0'),
    field(1, join(field(1, apiVersion), field(2, kind))),
    field(2, object),
  );

describe('a protobuf body', () => {
  it('is read as the JSON a typed client would have sent', () => {
    const labels = join(field(11, join(field(1, 'app'), field(2, 'web'))));
    const metadata = field(1, join(field(1, 'db'), field(2, ''), labels));
    const data = field(2, join(field(1, 'password'), field(2, 'x')));
    expect(
      decodeProtobuf(kinds, body('v1', 'Secret', join(metadata, data, field(3, 'Opaque')))),
    ).toStrictEqual({
      kind: 'Secret',
      apiVersion: 'v1',
      metadata: { name: 'db', labels: { app: 'web' } },
      data: { password: 'eA==' },
      type: 'Opaque',
    });
  });

  it('keeps a zero that was set and leaves out one that was not', () => {
    const spec = field(2, join(varint(1, 0), varint(5, 0)));
    expect(decodeProtobuf(kinds, body('apps/v1', 'Deployment', spec))).toStrictEqual({
      kind: 'Deployment',
      apiVersion: 'apps/v1',
      spec: { replicas: 0 },
    });
  });

  it('reads times, quantities and embedded structs', () => {
    const limits = field(1, join(field(1, 'cpu'), field(2, field(1, '500m'))));
    const probe = field(
      11,
      field(1, field(2, join(field(1, '/ready'), field(2, join(varint(1, 0), varint(2, 80)))))),
    );
    const container = field(2, join(field(1, 'a'), field(8, limits), probe));
    expect(decodeProtobuf(kinds, body('v1', 'Pod', field(2, container)))).toMatchObject({
      spec: {
        containers: [
          {
            name: 'a',
            resources: { limits: { cpu: '500m' } },
            readinessProbe: { httpGet: { path: '/ready', port: 80 } },
          },
        ],
      },
    });
  });

  it.each([
    ['not protobuf', Buffer.from('{"kind":"Pod"}'), 400],
    ['another kind', body('example.com/v1', 'Gizmo', Buffer.alloc(0)), 415],
    ['cut off', body('v1', 'Secret', field(1, 'xxxx')).subarray(0, 20), 400],
    ['an endless number', join(Buffer.from('k8s\0'), Buffer.alloc(20, 0xff)), 400],
  ])('that is %s is refused', (_what, bytes, code) => {
    expect(() => decodeProtobuf(kinds, bytes)).toThrow(expect.objectContaining({ code }));
  });
});
