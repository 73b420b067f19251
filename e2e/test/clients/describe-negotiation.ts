import { gunzipSync } from 'node:zlib';
import { KubeConfig } from '@kubernetes/client-node';
import { beforeAll, describe, expect, it } from 'vitest';
import type { WideGateway } from '../../src/wide-gateway.js';
import { createNamespace } from './create-namespace.js';
import { callByHttp1, callByHttp2, type RawAnswer, type RawCall, type Way } from './raw-answer.js';

const namespace = 'negotiation';
const maps = `/api/v1/namespaces/${namespace}/configmaps`;
const protobuf = 'application/vnd.kubernetes.protobuf';
const as = (kind: string, type = 'application/json') => `${type};as=${kind};g=meta.k8s.io;v=v1`;

interface Asked {
  readonly what: string;
  readonly path: string;
  readonly accept: string;
  readonly type: string;
  /** What the gateway makes of it, when that is not the same. */
  readonly masked?: 'json' | 'refused';
}

/** What is asked for, and the media type in which the API server gives it. */
const asked: readonly Asked[] = [
  {
    what: 'an object as JSON',
    path: `${maps}/map-0`,
    accept: 'application/json',
    type: 'application/json',
  },
  {
    what: 'an object as YAML',
    path: `${maps}/map-0`,
    accept: 'application/yaml',
    type: 'application/yaml',
    masked: 'refused',
  },
  {
    what: 'an object as protobuf',
    path: `${maps}/map-0`,
    accept: protobuf,
    type: protobuf,
    masked: 'refused',
  },
  {
    what: 'an object as CBOR',
    path: `${maps}/map-0`,
    accept: 'application/cbor',
    type: 'application/cbor',
    masked: 'refused',
  },
  {
    what: 'an object as a Table',
    path: `${maps}/map-0`,
    accept: as('Table'),
    type: 'application/json',
  },
  {
    what: 'an object without its data',
    path: `${maps}/map-0`,
    accept: as('PartialObjectMetadata'),
    type: 'application/json',
  },
  {
    what: 'a list as JSON',
    path: `${maps}?limit=500`,
    accept: 'application/json',
    type: 'application/json',
  },
  {
    what: 'a list as YAML',
    path: `${maps}?limit=500`,
    accept: 'application/yaml',
    type: 'application/yaml',
    masked: 'refused',
  },
  {
    what: 'a list as protobuf',
    path: `${maps}?limit=500`,
    accept: protobuf,
    type: protobuf,
    masked: 'refused',
  },
  {
    what: 'a list as CBOR',
    path: `${maps}?limit=500`,
    accept: 'application/cbor',
    type: 'application/cbor',
    masked: 'refused',
  },
  { what: 'a list as a Table', path: maps, accept: as('Table'), type: 'application/json' },
  {
    what: 'a list without data',
    path: maps,
    accept: as('PartialObjectMetadataList', protobuf),
    type: protobuf,
    masked: 'refused',
  },
  {
    what: 'the first of several',
    path: `${maps}/map-0`,
    accept: `text/csv, ${protobuf}, */*;q=0.1`,
    type: protobuf,
    masked: 'json',
  },
  {
    what: 'something that there is not',
    path: `${maps}/absent`,
    accept: protobuf,
    type: protobuf,
    masked: 'refused',
  },
  {
    what: 'a type that nobody speaks',
    path: `${maps}/map-0`,
    accept: 'text/csv',
    type: 'application/json',
    masked: 'refused',
  },
  {
    what: 'discovery in one',
    path: '/apis',
    accept: 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList',
    type: 'application/json',
  },
  {
    what: 'discovery in pieces',
    path: '/apis/apps/v1',
    accept: 'application/json',
    type: 'application/json',
  },
  {
    what: 'OpenAPI v2 as protobuf',
    path: '/openapi/v2',
    accept: 'application/com.github.proto-openapi.spec.v2@v1.0+protobuf',
    type: 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf',
  },
  {
    what: 'OpenAPI v3',
    path: '/openapi/v3/apis/apps/v1',
    accept: 'application/json',
    type: 'application/json',
  },
  { what: 'the version', path: '/version', accept: '*/*', type: 'application/json' },
];

/**
 * Every representation that the API server has. What can carry a value comes as plain JSON, byte for byte the same where
 * nothing is masked, or not at all.
 */
export function describeNegotiation(getGateway: () => WideGateway): void {
  const ways = () => {
    const { base, ca, token, controlPlane } = getGateway();
    return { gateway: { base, ca, token }, direct: directWay(controlPlane.kubeconfig) };
  };

  /** A list carries the version of the whole cluster, so all are asked for the same one. */
  let version = '';

  async function everyWay(call: RawCall) {
    const { gateway, direct } = ways();
    const both = (way: Way) => Promise.all([callByHttp1(way, call), callByHttp2(way, call)]);
    const [directly, through] = await Promise.all([both(direct), both(gateway)]);
    return { direct: directly, gateway: through };
  }

  const fixed = (path: string) => {
    if (!/configmaps(\?|$)/.test(path)) return path;
    const pin = `resourceVersion=${version}&resourceVersionMatch=Exact`;
    return `${path}${path.includes('?') ? '&' : '?'}${pin}`;
  };

  describe('content negotiation, over HTTP/1.1 and HTTP/2', () => {
    beforeAll(async () => {
      await createNamespace(getGateway(), namespace);
      version = await fill(ways().direct);
    });

    it.each(asked)('$what', async ({ path, accept, type, masked }) => {
      for (const gzip of [false, true]) {
        const { direct, gateway } = await everyWay({ path: fixed(path), accept, gzip });
        expect(direct[0].headers['content-type']).toContain(type);
        expectSame(direct[1], direct[0]);
        const plain = { path: fixed(path), accept: 'application/json' };
        const expected = masked === 'json' ? (await everyWay(plain)).direct[0] : direct[0];
        for (const answer of gateway) {
          if (masked === 'refused') expectRefused(answer);
          else expectSame(answer, isSchema(path) ? expected : unpacked(expected));
        }
      }
    });

    it('is never asked for packed where it may hold a value', async () => {
      const call = { path: fixed(maps), accept: 'application/json', gzip: true };
      const { direct, gateway } = await everyWay(call);
      expect(direct[0].headers['content-encoding']).toBe('gzip');
      expect(unpacked(direct[0]).body.length).toBeGreaterThan(128 * 1024);
      for (const { headers, body } of gateway) {
        expect(headers['content-encoding']).toBeUndefined();
        expect(body.equals(unpacked(direct[0]).body)).toBe(true);
      }
    });

    it.each(['application/json', 'application/yaml', protobuf, 'application/cbor'])(
      'takes what it gave as %s',
      async (type) => {
        const { direct, gateway } = ways();
        for (const call of [callByHttp1, callByHttp2]) {
          const path = `${maps}/map-1`;
          const { body } = await call(direct, { path, accept: type });
          const put = { path: `${path}?dryRun=All`, accept: 'application/json', method: 'PUT' };
          const answer = await call(gateway, { ...put, body, contentType: type });
          expect(answer.status, answer.body.toString()).toBe(200);
          expect(answer.headers['content-type']).toBe('application/json');
        }
      },
    );
  });
}

/** What tells of types, not of objects, comes as it is. */
const isSchema = (path: string): boolean => /^\/(?:apis|openapi|version)/.test(path);

function unpacked({ status, headers, body }: RawAnswer): RawAnswer {
  if (headers['content-encoding'] !== 'gzip') return { status, headers, body };
  const plain = { ...headers, 'content-encoding': undefined, vary: undefined };
  return { status, headers: plain, body: gunzipSync(body) };
}

function expectRefused({ status, headers, body }: RawAnswer): void {
  expect(status).toBe(406);
  expect(headers['content-type']).toBe('application/json');
  expect(body.toString()).toContain('drawbridge not_acceptable');
}

function expectSame(answer: RawAnswer, expected: RawAnswer | undefined): void {
  expect(answer.status).toBe(expected?.status);
  for (const name of ['content-type', 'content-encoding', 'etag', 'vary', 'warning']) {
    expect(answer.headers[name], name).toStrictEqual(expected?.headers[name]);
  }
  expect(expected !== undefined && comparable(expected).equals(comparable(answer))).toBe(true);
}

/** The bytes as they came, but for two things that the API server itself never says twice alike. */
function comparable({ headers, body }: RawAnswer): Buffer {
  const plain = headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body;
  // Maps of CBOR are shuffled, so that nobody comes to rely on their order.
  if (headers['content-type'] === 'application/cbor') return Buffer.from(plain.toSorted());
  // A row of a table tells the age of its object.
  if (!plain.includes('"kind":"Table"')) return body;
  return Buffer.from(plain.toString().replaceAll(/"\d+[smh]"/g, '"age"'));
}

function directWay(kubeconfig: string): Way {
  const config = new KubeConfig();
  config.loadFromFile(kubeconfig);
  const [cluster, user] = [config.getCurrentCluster(), config.getCurrentUser()];
  const decode = (data = '') => Buffer.from(data, 'base64').toString();
  return {
    base: cluster?.server ?? '',
    ca: decode(cluster?.caData),
    certificate: decode(user?.certData),
    key: decode(user?.keyData),
  };
}

/** Makes more than 128 KiB of objects; returns the version of the last of them. */
async function fill(direct: Way): Promise<string> {
  let last: unknown;
  for (let index = 0; index < 40; index += 1) {
    const metadata = { name: `map-${index}`, labels: { made: 'here' } };
    const data = { text: 'wörter '.repeat(800), number: String(index) };
    const { body } = await callByHttp1(direct, {
      path: maps,
      accept: 'application/json',
      method: 'POST',
      contentType: 'application/json',
      body: JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata, data }),
    });
    last = JSON.parse(body.toString());
  }
  return (last as { metadata: { resourceVersion: string } }).metadata.resourceVersion;
}
