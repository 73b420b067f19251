import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseKubeRequest, type ResourceRequest } from './kube-request.js';
import { MalformedKubeRequest } from './malformed-kube-request.js';

const blank = {
  apiPrefix: 'api',
  apiGroup: '',
  apiVersion: 'v1',
  namespace: '',
  resource: '',
  subresource: '',
  name: '',
  verbInPath: false,
  fieldSelector: '',
  labelSelector: '',
  dryRun: false,
  fieldManager: '',
  follow: false,
};
type Expected = Partial<ResourceRequest> & Pick<ResourceRequest, 'verb' | 'resource' | 'parts'>;
const apps = { apiPrefix: 'apis', apiGroup: 'apps' };
const extensions = { apiPrefix: 'apis', apiGroup: 'extensions' };
const group = { apiPrefix: 'apis', apiGroup: 'group', apiVersion: 'version' };
const pods = { resource: 'pods', parts: ['pods'] };
const other = { namespace: 'other' };
const foo = { ...other, resource: 'pods', name: 'foo', parts: ['pods', 'foo'] };
const spaces = { resource: 'namespaces', parts: ['namespaces'] };
const things = { ...group, resource: 'resource', parts: ['resource'] };

/** One line per URL form; the families are those of requestinfo_test.go in kubernetes/apiserver. */
const resources: readonly (readonly [method: string, target: string, expected: Expected])[] = [
  // resource paths
  ['GET', '/api/v1/namespaces', { verb: 'list', ...spaces }],
  [
    'GET',
    '/api/v1/namespaces/other',
    {
      verb: 'get',
      ...other,
      resource: 'namespaces',
      name: 'other',
      parts: ['namespaces', 'other'],
    },
  ],
  ['GET', '/api/v1/namespaces/other/pods', { verb: 'list', ...other, ...pods }],
  ['GET', '/api/v1/namespaces/other/pods/foo', { verb: 'get', ...foo }],
  ['HEAD', '/api/v1/namespaces/other/pods/foo', { verb: 'get', ...foo }],
  ['GET', '/api/v1/pods', { verb: 'list', ...pods }],
  ['HEAD', '/api/v1/pods', { verb: 'list', ...pods }],
  ['GET', '/api/v1/namespaces/other/pods/', { verb: 'list', ...other, ...pods }],

  // verbs in the path
  ['GET', '/api/v1/proxy/namespaces/other/pods/foo', { verb: 'proxy', ...foo, verbInPath: true }],
  [
    'GET',
    '/api/v1/proxy/namespaces/other/pods/foo/subpath/not/a/subresource',
    {
      verb: 'proxy',
      ...foo,
      verbInPath: true,
      parts: ['pods', 'foo', 'subpath', 'not', 'a', 'subresource'],
    },
  ],
  [
    'POST',
    '/api/v1/proxy/nodes/n1/run',
    {
      verb: 'proxy',
      resource: 'nodes',
      name: 'n1',
      verbInPath: true,
      parts: ['nodes', 'n1', 'run'],
    },
  ],
  ['GET', '/api/v1/watch/pods', { verb: 'watch', ...pods, verbInPath: true }],
  [
    'GET',
    '/api/v1/watch/namespaces/other/pods',
    { verb: 'watch', ...other, ...pods, verbInPath: true },
  ],
  ['GET', '/api/v1/watch/namespaces/other/pods/foo', { verb: 'watch', ...foo, verbInPath: true }],
  [
    'DELETE',
    '/apis/apps/v1/watch/deployments',
    { verb: 'watch', ...apps, resource: 'deployments', parts: ['deployments'], verbInPath: true },
  ],

  // watch by parameter: everything but absence, "0" and "false" is true
  ['GET', '/api/v1/pods?watch=true', { verb: 'watch', ...pods }],
  ['GET', '/api/v1/pods?watch', { verb: 'watch', ...pods }],
  ['GET', '/api/v1/pods?watch=', { verb: 'watch', ...pods }],
  ['GET', '/api/v1/pods?watch=no', { verb: 'watch', ...pods }],
  ['GET', '/api/v1/pods?wat%63h=1', { verb: 'watch', ...pods }],
  ['GET', '/api/v1/pods?watch=false', { verb: 'list', ...pods }],
  ['GET', '/api/v1/pods?watch=FaLsE', { verb: 'list', ...pods }],
  ['GET', '/api/v1/pods?Watch=true', { verb: 'list', ...pods }],
  ['GET', '/api/v1/namespaces/other/pods?watch=1', { verb: 'watch', ...other, ...pods }],
  ['GET', '/api/v1/namespaces/other/pods?watch=0', { verb: 'list', ...other, ...pods }],
  ['GET', '/api/v1/namespaces/other/pods/foo?watch=true', { verb: 'get', ...foo }],
  ['POST', '/api/v1/namespaces/other/pods?watch=true', { verb: 'create', ...other, ...pods }],

  // subresources
  [
    'GET',
    '/api/v1/namespaces/other/pods/foo/status',
    { verb: 'get', ...foo, subresource: 'status', parts: ['pods', 'foo', 'status'] },
  ],
  [
    'GET',
    '/api/v1/namespaces/other/pods/foo/proxy/subpath',
    { verb: 'get', ...foo, subresource: 'proxy', parts: ['pods', 'foo', 'proxy', 'subpath'] },
  ],
  [
    'GET',
    '/api/v1/namespaces/other/pods/foo/log?follow=true&container=app',
    { verb: 'get', ...foo, subresource: 'log', parts: ['pods', 'foo', 'log'], follow: true },
  ],
  [
    'GET',
    '/api/v1/namespaces/other/pods/foo/exec?command=sh&command=-c',
    { verb: 'get', ...foo, subresource: 'exec', parts: ['pods', 'foo', 'exec'] },
  ],
  [
    'PUT',
    '/api/v1/namespaces/other/finalize',
    {
      verb: 'update',
      ...other,
      resource: 'namespaces',
      name: 'other',
      subresource: 'finalize',
      parts: ['namespaces', 'other', 'finalize'],
    },
  ],
  [
    'PUT',
    '/api/v1/namespaces/other/status',
    {
      verb: 'update',
      ...other,
      resource: 'namespaces',
      name: 'other',
      subresource: 'status',
      parts: ['namespaces', 'other', 'status'],
    },
  ],

  // verbs by method
  ['PATCH', '/api/v1/namespaces/other/pods/foo', { verb: 'patch', ...foo }],
  ['PUT', '/api/v1/namespaces/other/pods/foo', { verb: 'update', ...foo }],
  ['DELETE', '/api/v1/namespaces/other/pods/foo', { verb: 'delete', ...foo }],
  ['POST', '/api/v1/namespaces/other/pods', { verb: 'create', ...other, ...pods }],
  ['OPTIONS', '/api/v1/namespaces/other/pods', { verb: '', ...other, ...pods }],
  [
    'PATCH',
    '/apis/apps/v1/namespaces/payments/deployments/checkout?fieldManager=kubectl-rollout',
    {
      verb: 'patch',
      ...apps,
      namespace: 'payments',
      resource: 'deployments',
      name: 'checkout',
      parts: ['deployments', 'checkout'],
      fieldManager: 'kubectl-rollout',
    },
  ],
  [
    'POST',
    '/api/v1/namespaces/other/pods?dryRun=All',
    { verb: 'create', ...other, ...pods, dryRun: true },
  ],

  // deletecollection
  ['DELETE', '/api/v1/nodes', { verb: 'deletecollection', resource: 'nodes', parts: ['nodes'] }],
  ['DELETE', '/api/v1/namespaces', { verb: 'deletecollection', ...spaces }],
  ['DELETE', '/api/v1/namespaces/other/pods', { verb: 'deletecollection', ...other, ...pods }],
  [
    'DELETE',
    '/apis/extensions/v1/namespaces/other/pods',
    { verb: 'deletecollection', ...extensions, ...other, ...pods },
  ],

  // group and version
  [
    'POST',
    '/apis/extensions/v1/namespaces/other/pods',
    { verb: 'create', ...extensions, ...other, ...pods },
  ],
  [
    'POST',
    '/apis/extensions/v1beta3/namespaces/other/pods',
    { verb: 'create', ...extensions, apiVersion: 'v1beta3', ...other, ...pods },
  ],
  [
    'GET',
    '/apis/batch/v1/job/foo/scale',
    {
      verb: 'get',
      apiPrefix: 'apis',
      apiGroup: 'batch',
      resource: 'job',
      name: 'foo',
      subresource: 'scale',
      parts: ['job', 'foo', 'scale'],
    },
  ],

  // selectors
  [
    'GET',
    '/apis/group/version/resource?fieldSelector=metadata.name=name1',
    { verb: 'list', ...things, name: 'name1', fieldSelector: 'metadata.name=name1' },
  ],
  [
    'GET',
    '/apis/group/version/resource?fieldSelector=metadata.name==name1',
    { verb: 'list', ...things, name: 'name1', fieldSelector: 'metadata.name==name1' },
  ],
  [
    'GET',
    '/apis/group/version/resource?watch=true&fieldSelector=metadata.name%3Dname1',
    { verb: 'watch', ...things, name: 'name1', fieldSelector: 'metadata.name=name1' },
  ],
  [
    'GET',
    '/apis/group/version/resource?fieldSelector=metadata.name!=name1',
    { verb: 'list', ...things, fieldSelector: 'metadata.name!=name1' },
  ],
  [
    'GET',
    '/apis/group/version/resource?fieldSelector=metadata.name=',
    { verb: 'list', ...things, fieldSelector: 'metadata.name=' },
  ],
  [
    'GET',
    '/apis/group/version/resource?fieldSelector=metadata.name=..',
    { verb: 'list', ...things, fieldSelector: 'metadata.name=..' },
  ],
  [
    'GET',
    '/apis/group/version/resource?fieldSelector=metadata.name=b,metadata.name=a',
    { verb: 'list', ...things, name: 'a', fieldSelector: 'metadata.name=b,metadata.name=a' },
  ],
  [
    'GET',
    '/apis/group/version/resource?fieldSelector=foo=bar&labelSelector=baz=qux',
    { verb: 'list', ...things, fieldSelector: 'foo=bar', labelSelector: 'baz=qux' },
  ],
  [
    'GET',
    '/apis/group/version/resource?fieldSelector=metadata.name=name1,foo',
    { verb: 'list', ...things, fieldSelector: 'metadata.name=name1,foo' },
  ],
  [
    'GET',
    '/apis/group/version/resource?fieldSelector=metadata.name=name1,foo&watch=true',
    { verb: 'watch', ...things, fieldSelector: 'metadata.name=name1,foo' },
  ],
  [
    'GET',
    '/apis/group/version/resource?fieldSelector=metadata.name=name1,foo&watch=false',
    { verb: 'list', ...things, fieldSelector: 'metadata.name=name1,foo' },
  ],
  [
    'GET',
    '/apis/group/version/resource?fieldSelector=metadata.name=a&limit=many',
    { verb: 'list', ...things, fieldSelector: 'metadata.name=a' },
  ],
  [
    'GET',
    '/apis/group/version/resource?fieldSelector=metadata.name=a&labelSelector=-bad-',
    { verb: 'list', ...things, fieldSelector: 'metadata.name=a', labelSelector: '-bad-' },
  ],
  [
    'DELETE',
    '/apis/group/version/resource?fieldSelector=foo=bar&labelSelector=baz=qux',
    { verb: 'deletecollection', ...things, fieldSelector: 'foo=bar', labelSelector: 'baz=qux' },
  ],
  [
    'DELETE',
    '/apis/group/version/resource?fieldSelector=metadata.name=a',
    { verb: 'deletecollection', ...things, fieldSelector: 'metadata.name=a' },
  ],
  [
    'GET',
    '/apis/group/version/resource/name?fieldSelector=foo=bar&labelSelector=foo=bar',
    { verb: 'get', ...things, name: 'name', parts: ['resource', 'name'] },
  ],
  [
    'GET',
    '/apis/group/version/watch/resource?fieldSelector=metadata.name=foo&labelSelector=foo=bar',
    { verb: 'watch', ...things, verbInPath: true },
  ],
  [
    'GET',
    '/apis/group/version/watch/resource/name?fieldSelector=metadata.name=foo',
    { verb: 'watch', ...things, name: 'name', parts: ['resource', 'name'], verbInPath: true },
  ],

  // encodings that clients really send
  [
    'GET',
    '/apis/rbac.authorization.k8s.io/v1/clusterroles/system%3Anode',
    {
      verb: 'get',
      apiPrefix: 'apis',
      apiGroup: 'rbac.authorization.k8s.io',
      resource: 'clusterroles',
      name: 'system:node',
      parts: ['clusterroles', 'system:node'],
    },
  ],
  ['GET', '/api/v1/namespaces/other/p%6fds', { verb: 'list', ...other, ...pods }],
];

const nonResources: readonly (readonly [target: string, path: string])[] = [
  ['/', '/'],
  ['/api', '/api'],
  ['/api/version', '/api/version'],
  ['/api/version/', '/api/version'],
  ['/apis', '/apis'],
  ['/apis/group', '/apis/group'],
  ['/apis/group/version', '/apis/group/version'],
  ['/apis/group/version/', '/apis/group/version'],
  ['/apis/version/resource', '/apis/version/resource'],
  ['/badprefix/version/resource', '/badprefix/version/resource'],
  ['/not-api/version/resource', '/not-api/version/resource'],
  ['/openapi/v3?hash=x', '/openapi/v3'],
  ['/healthz', '/healthz'],
];

const refused: readonly (readonly [target: string, code: string])[] = [
  ...[
    '',
    'api/v1/pods',
    '*',
    'http://evil.example/api/v1/pods',
    '//api/v1/pods',
    '/api//v1/pods',
    '/api/v1/pods//',
    '/api/v1/./pods',
    '/api/v1/../v1/pods',
    '/api/v1/%2e/pods',
    '/api/v1/%2E%2e/secrets',
    '/api/v1/namespaces/a%2fb/pods',
    '/api/v1/namespaces/a%5cb/pods',
    '/api/v1/pods/a%00b',
    '/api/v1/pods/a%0ab',
    '/api/v1/pods/100%25',
    '/api/v1/pods/a%3fwatch',
    '/api/v1/pods/a%23',
    '/api/v1/pods/a;b',
    '/api/v1/pods/a%3bb',
    '/api/v1/pods/a%',
    '/api/v1/pods/a%2',
    '/api/v1/pods/a%zz',
    '/api/v1/pods/%c0%ae%c0%ae',
    '/api/v1/pods/%ff',
    '/api/v1/pods/%e2%80%ae',
    '/api/v1/pods/a b',
    '/api/v1/pods#x',
    '/api/v1\\pods',
    '/api/v1/watch',
    '/apis/apps/v1/proxy',
    `/api/v1/pods/${'a'.repeat(131_072)}`,
    `/api/v1/pods/${'a'.repeat(1_025)}`,
  ].map((target) => [target, 'malformed_kube_path'] as const),
  ...[
    '/api/v1/pods?watch=0&watch=1',
    '/api/v1/pods?watch=0&wat%63h=1',
    '/api/v1/pods?fieldSelector=metadata.name=a&fieldSelector=metadata.name=b',
    '/api/v1/pods?labelSelector=a&labelSelector=b',
    '/api/v1/pods?dryRun=All&dryRun=All',
    '/api/v1/pods?watch=0;watch=1',
    '/api/v1/pods?watch=%zz',
    '/api/v1/pods?w%=1',
    '/api/v1/pods?continue=%ff',
    '/api/v1/pods?continue=a%00',
    '/api/v1/pods?watch=fal%C5%BFe',
    `/api/v1/pods?${Array.from({ length: 257 }, (_, index) => `k${String(index)}=1`).join('&')}`,
  ].map((target) => [target, 'malformed_kube_query'] as const),
];

function codeOf(target: string): string {
  try {
    parseKubeRequest('GET', target);
    return 'accepted';
  } catch (error) {
    if (error instanceof MalformedKubeRequest) return error.code;
    throw error;
  }
}

describe('classifying a resource request', () => {
  it.each(resources)('%s %s', (method, target, expected) => {
    const parsed = parseKubeRequest(method, target);
    expect(parsed).toStrictEqual({
      ...blank,
      kind: 'resource',
      method,
      target: parsed.target,
      ...expected,
    });
  });
});

describe('a path that is no resource', () => {
  it.each(nonResources)('%s', (target, path) => {
    expect(parseKubeRequest('GET', target)).toMatchObject({
      kind: 'nonResource',
      verb: 'get',
      path,
    });
  });
});

describe('T6 what two parsers could read differently', () => {
  it.each(refused)('%s', (target, code) => expect(codeOf(target)).toBe(code));
});

describe('the forwarded target', () => {
  it.each([
    ['/api/v1/namespaces/other/p%6fds/?watch', '/api/v1/namespaces/other/pods?watch='],
    ['/api/v1/pods?', '/api/v1/pods'],
    ['/api/v1/pods?&limit=5&', '/api/v1/pods?limit=5'],
    ['/api/v1/pods?labelSelector=app+in+(a,b)', '/api/v1/pods?labelSelector=app%20in%20(a%2Cb)'],
    ['/api/v1/pods?fieldSelector=a=b=c', '/api/v1/pods?fieldSelector=a%3Db%3Dc'],
    ['/apis/g/v/clusterroles/system%3Anode', '/apis/g/v/clusterroles/system:node'],
    ['/', '/'],
  ])('of %s is %s', (target, forwarded) => {
    expect(parseKubeRequest('GET', target).target).toBe(forwarded);
  });
});

const golden = readFileSync(new URL('../../test/requestinfo/golden.tsv', import.meta.url), 'utf8')
  .split('\n')
  .filter((line) => line !== '')
  .map((line) => line.split('\t'));

/** Our answer in the columns of test/requestinfo/main.go. */
function columns(method: string, target: string): readonly string[] {
  try {
    const parsed = parseKubeRequest(method, target);
    if (parsed.kind === 'nonResource') return ['nonResource', parsed.verb];
    const { verb, apiPrefix, apiGroup, apiVersion, namespace, resource } = parsed;
    const { subresource, name, parts, fieldSelector, labelSelector } = parsed;
    const path = [verb, apiPrefix, apiGroup, apiVersion, namespace, resource, subresource, name];
    return [...path, parts.join('/'), fieldSelector, labelSelector];
  } catch (error) {
    if (error instanceof MalformedKubeRequest) return ['error'];
    throw error;
  }
}

describe("the apiserver's own answers", () => {
  it('are ours', () => {
    expect(golden.length).toBeGreaterThan(500);
    const ours = golden.map(([method = '', target = '']) => [
      method,
      target,
      ...columns(method, target),
    ]);
    expect(ours).toStrictEqual(golden);
  });
});

const piece = fc.constantFrom(
  ...['api', 'apis', 'v1', 'apps', 'namespaces', 'pods', 'watch', 'proxy', 'log', 'status'],
  ...[
    '',
    '.',
    '..',
    '%2e',
    '%2F',
    '%5C',
    '%',
    '%00',
    '%c0%ae',
    'système',
    'a;b',
    '?',
    '#',
    '&',
    '=',
  ],
);
const anyTarget = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.webUrl({ withQueryParameters: true, withFragments: true }).map((url) => url.slice(8)),
  fc
    .tuple(fc.array(fc.oneof(piece, fc.string({ maxLength: 6 })), { maxLength: 9 }), fc.string())
    .map(([pieces, query]) => `/${pieces.join('/')}?${query}`),
);
const method = fc.constantFrom('GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS');

describe('any target at all', () => {
  it('is classified or refused, and the forwarded target classifies the same and is final', () => {
    fc.assert(
      fc.property(method, anyTarget, (verb, target) => {
        if (codeOf(target) !== 'accepted') return;
        const first = parseKubeRequest(verb, target);
        expect(parseKubeRequest(verb, first.target)).toStrictEqual(first);
        expect(first.target).toMatch(/^\/[!-~]*$/);
      }),
      { numRuns: 3000 },
    );
  });

  it('never names a segment that the path did not have', () => {
    const plain = fc.stringMatching(/^[a-z][a-z0-9-]{0,12}$/);
    fc.assert(
      fc.property(plain, plain, plain, (namespace, resource, name) => {
        fc.pre(!['watch', 'proxy', 'status', 'finalize'].includes(resource));
        const target = `/apis/g/v1/namespaces/${namespace}/${resource}/${name}`;
        expect(parseKubeRequest('PATCH', target)).toMatchObject({ namespace, resource, name });
      }),
    );
  });
});
