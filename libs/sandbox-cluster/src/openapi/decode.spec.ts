import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../json.js';
import { decode } from './decode.js';
import { kubernetesSchemas } from './schema.js';

const read = (kind: string, body: JsonObject, group = '') =>
  decode(kubernetesSchemas(), { group, version: 'v1', kind }, body);

describe('decoding a body', () => {
  it('drops and reports what the kind does not have', () => {
    const { object, unknownFields } = read(
      'Deployment',
      {
        spec: {
          replicas: 1,
          replicaz: 2,
          template: { spec: { containers: [{ name: 'a', imagee: 'x' }] } },
        },
        bogus: 1,
      },
      'apps',
    );
    expect(object).toStrictEqual({
      spec: { replicas: 1, template: { spec: { containers: [{ name: 'a' }] } } },
    });
    expect(unknownFields).toStrictEqual([
      'spec.replicaz',
      'spec.template.spec.containers[0].imagee',
      'bogus',
    ]);
  });

  it('leaves out nulls and empty maps and lists, and keeps empty structs', () => {
    const { object } = read('Pod', {
      metadata: { labels: {}, annotations: null },
      spec: {
        containers: [{ name: 'a', env: [], resources: {} }],
        volumes: [{ name: 'v', emptyDir: {} }],
      },
    });
    expect(object).toStrictEqual({
      metadata: {},
      spec: { containers: [{ name: 'a', resources: {} }], volumes: [{ name: 'v', emptyDir: {} }] },
    });
  });

  it('takes numbers and strings where both are allowed', () => {
    const { object } = read('Pod', {
      spec: {
        containers: [
          {
            name: 'a',
            resources: { limits: { cpu: 1, memory: '1Gi' } },
            readinessProbe: { httpGet: { port: 'http' } },
          },
        ],
      },
    });
    expect(object).toStrictEqual({
      spec: {
        containers: [
          {
            name: 'a',
            resources: { limits: { cpu: '1', memory: '1Gi' } },
            readinessProbe: { httpGet: { port: 'http' } },
          },
        ],
      },
    });
  });

  it.each<[string, JsonObject, string]>([
    [
      'apps/Deployment',
      { spec: { replicas: '3' } },
      'json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32',
    ],
    [
      'apps/Deployment',
      { spec: [] },
      'json: cannot unmarshal array into Go struct field Deployment.spec of type map[string]interface {}',
    ],
    [
      '/ConfigMap',
      { data: { a: 1 } },
      'json: cannot unmarshal number into Go struct field ConfigMap.data of type string',
    ],
    [
      '/ConfigMap',
      { metadata: { labels: { a: true } } },
      'json: cannot unmarshal bool into Go struct field ObjectMeta.metadata.labels of type string',
    ],
    ['/Secret', { data: { a: '!!' } }, 'illegal base64 data at input byte 0'],
  ])('refuses %s %j', (name, body, message) => {
    const [group, kind = ''] = name.split('/');
    expect(() => read(kind, body, group)).toThrow(message);
  });
});
