import { describe, expect, it } from 'vitest';
import { negotiate } from './negotiation.js';
import { parseRequestInfo } from './request-info.js';

const resource = {
  kind: 'resource',
  group: '',
  version: 'v1',
  namespace: undefined,
  name: undefined,
  subresource: '',
  watchPrefix: false,
} as const;

describe('a path', () => {
  it.each([
    ['/api/v1/pods', { ...resource, resource: 'pods' }],
    [
      '/api/v1/namespaces/n/pods/p/log',
      { ...resource, resource: 'pods', namespace: 'n', name: 'p', subresource: 'log' },
    ],
    ['/api/v1/namespaces/n', { ...resource, resource: 'namespaces', name: 'n' }],
    [
      '/api/v1/namespaces/n/finalize',
      { ...resource, resource: 'namespaces', name: 'n', subresource: 'finalize' },
    ],
    ['/api/v1/namespaces', { ...resource, resource: 'namespaces' }],
    [
      '/apis/apps/v1/namespaces/n/deployments/d/',
      { ...resource, group: 'apps', resource: 'deployments', namespace: 'n', name: 'd' },
    ],
    [
      '/api/v1/watch/namespaces/n/pods/p',
      { ...resource, resource: 'pods', namespace: 'n', name: 'p', watchPrefix: true },
    ],
    ['/apis/apps/v1', { kind: 'other', path: '/apis/apps/v1' }],
    ['/api/v1', { kind: 'other', path: '/api/v1' }],
    ['/healthz', { kind: 'other', path: '/healthz' }],
  ])('%s', (path, info) => {
    expect(parseRequestInfo(path)).toStrictEqual(info);
  });
});

describe('an Accept header', () => {
  const table =
    'application/json;as=Table;v=v1;g=meta.k8s.io,application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json';
  it.each([
    [undefined, 'object', 'v1'],
    ['*/*', 'object', 'v1'],
    [table, 'Table', 'v1'],
    ['application/json;as=Table;v=v1beta1;g=meta.k8s.io', 'Table', 'v1beta1'],
    ['application/json;as=Table;v=v9;g=meta.k8s.io,application/json', 'object', 'v1'],
    ['application/vnd.kubernetes.protobuf,application/json', 'object', 'v1'],
    [
      'application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io',
      'PartialObjectMetadataList',
      'v1',
    ],
  ])('%s', (header, as, version) => {
    expect(negotiate(header)).toStrictEqual({ mediaType: 'application/json', as, version });
  });

  it.each(['application/vnd.kubernetes.protobuf', 'application/cbor', 'image/png'])(
    '%s is refused',
    (header) => {
      expect(() => negotiate(header)).toThrow(expect.objectContaining({ code: 406 }));
    },
  );
});
