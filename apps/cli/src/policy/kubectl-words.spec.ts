import { describe, expect, it } from 'vitest';
import { callOfWords } from './kubectl-words.js';

describe('words as kubectl takes them', () => {
  it.each<[string, object]>([
    [
      'delete ns payments',
      {
        verb: 'delete',
        apiGroup: '',
        resource: 'namespaces',
        name: 'payments',
        namespace: 'payments',
      },
    ],
    ['get pods', { verb: 'get', apiGroup: '', resource: 'pods' }],
    ['get pod/web-0', { verb: 'get', apiGroup: '', resource: 'pods', name: 'web-0' }],
    [
      'patch deployment checkout',
      { verb: 'patch', apiGroup: 'apps', resource: 'deployments', name: 'checkout' },
    ],
    [
      'patch deployments/scale checkout',
      {
        verb: 'patch',
        apiGroup: 'apps',
        resource: 'deployments',
        subresource: 'scale',
        name: 'checkout',
      },
    ],
    [
      'delete widgets.example.com/w',
      { verb: 'delete', apiGroup: 'example.com', resource: 'widgets', name: 'w' },
    ],
    [
      'update networkpolicy x',
      { verb: 'update', apiGroup: 'networking.k8s.io', resource: 'networkpolicies', name: 'x' },
    ],
    [
      'scale deploy/checkout',
      {
        verb: 'patch',
        contentType: 'application/merge-patch+json',
        apiGroup: 'apps',
        resource: 'deployments',
        subresource: 'scale',
        name: 'checkout',
      },
    ],
    [
      'exec pod/web-0 ls -l',
      {
        verb: 'create',
        resource: 'pods',
        subresource: 'exec',
        name: 'web-0',
        exec: { argv: ['ls', '-l'] },
      },
    ],
    [
      'attach web-0',
      {
        verb: 'create',
        resource: 'pods',
        subresource: 'attach',
        name: 'web-0',
        exec: { argv: [] },
      },
    ],
    ['evict web-0', { verb: 'create', resource: 'pods', subresource: 'eviction', name: 'web-0' }],
    ['get /metrics', { verb: 'get', path: '/metrics' }],
  ])('%s', (words, call) => {
    expect(callOfWords(words.split(' '))).toStrictEqual(call);
  });

  it.each([
    '',
    'frobnicate pods',
    'get',
    'get pods a b',
    'exec',
    'exec web-0',
    'constructor x',
    'cordon',
  ])('refuses "%s"', (words) => {
    expect(() => callOfWords(words.split(' '))).toThrow(
      expect.objectContaining({ code: 'usage_invalid' }),
    );
  });
});
