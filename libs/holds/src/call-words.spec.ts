import type { HeldCall } from '@drawbridge/contracts';
import { describe, expect, it } from 'vitest';
import { call } from '../test/sample-holds.js';
import { callWords } from './call-words.js';

const pod = { namespace: 'payments', resource: 'pods', name: 'checkout-0' };

describe('a call in words', () => {
  it.each<[string, Partial<HeldCall>]>([
    ['delete namespaces "payments"', {}],
    ['delete ALL pods in namespace payments', { ...pod, verb: 'deletecollection', name: '' }],
    [
      'change deployments.apps "checkout" in namespace payments',
      {
        verb: 'patch',
        apiGroup: 'apps',
        resource: 'deployments',
        namespace: 'payments',
        name: 'checkout',
      },
    ],
    [
      'create clusterrolebindings.rbac.authorization.k8s.io cluster-wide (a dry-run)',
      {
        verb: 'create',
        apiGroup: 'rbac.authorization.k8s.io',
        resource: 'clusterrolebindings',
        namespace: '',
        name: '',
        query: 'dryRun=All',
      },
    ],
    [
      'run a command inside pods "checkout-0" in namespace payments : "sh" "-c" "rm -rf /"',
      {
        ...pod,
        verb: 'create',
        subresource: 'exec',
        query: 'command=sh&command=-c&command=rm%20-rf%20%2F',
      },
    ],
    [
      'evict pods "checkout-0" in namespace payments',
      { ...pod, verb: 'create', subresource: 'eviction' },
    ],
    [
      'get status of pods "checkout-0" in namespace payments',
      { ...pod, verb: 'get', subresource: 'status' },
    ],
    [
      'change scale of pods "checkout-0" in namespace payments',
      { ...pod, verb: 'patch', subresource: 'scale' },
    ],
    ['delete /healthz', { resource: '', path: '/healthz' }],
  ])('%s', (words, changed) => {
    expect(callWords({ ...call, ...changed })).toBe(words);
  });
});
