import { expect } from 'vitest';
import fc from 'fast-check';
import { fuzz } from '@drawbridge/fuzzing';
import { parseKubeRequest } from '../../src/domain/kube-request.js';
import { MalformedKubeRequest } from '../../src/domain/malformed-kube-request.js';

const segments = [
  ...['api', 'apis', 'v1', 'apps', 'watch', 'proxy', 'namespaces', 'ns', 'pods', 'secrets', 'p'],
  ...['status', 'finalize', 'log', 'exec', '', '.', '..', '%2e', '%2e%2e', '%2F', 'a%2fb', '%00'],
  ...['system%3Anode', 'ü', '%C3%BC', '%ff', 'a;b', 'a%', 'a%2', 'A', '%41pi', '%25', 'a\\b', '#'],
] as const;
const pairs = [
  ...['watch', 'watch=', 'watch=1', 'watch=false', 'watch=0', 'watch=%31', 'w%61tch=1', 'WATCH=1'],
  ...[
    'fieldSelector=metadata.name%3Dx',
    'fieldSelector=metadata.name=x',
    'labelSelector=a',
    'a;b=c',
  ],
  ...[
    'dryRun=All',
    'dryRun',
    'fieldManager=x',
    'follow=true',
    'limit=x',
    '%zz=1',
    'a=%',
    '',
    '&',
    '=',
  ],
] as const;
const anySegment = fc.oneof(fc.constantFrom(...segments), fc.string({ maxLength: 4 }));
const anyPair = fc.oneof(fc.constantFrom(...pairs), fc.string({ maxLength: 5 }));

/** What is forwarded is read by the cluster as it was read here, or nothing is forwarded. */
fuzz({
  file: import.meta.url,
  samples: fc.record({
    method: fc.constantFrom('GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'get'),
    path: fc.array(anySegment, { maxLength: 10 }),
    query: fc.array(anyPair, { maxLength: 4 }),
    ending: fc.constantFrom('', '/', '//', '?'),
  }),
  holds: ({ method, path, query, ending }) => {
    const target = `/${path.join('/')}${ending}${query.length > 0 ? `?${query.join('&')}` : ''}`;
    let read;
    try {
      read = parseKubeRequest(method, target);
    } catch (error) {
      if (error instanceof MalformedKubeRequest) return;
      throw error;
    }
    const forwarded = read.target;
    expect(parseKubeRequest(method, forwarded), 'the same when it is read again').toStrictEqual(
      read,
    );
    const [forwardedPath = ''] = forwarded.split('?');
    expect(forwardedPath).not.toMatch(/\/\/|\/\.{1,2}(\/|$)|%2f|%5c|%00|[\\#;]/i);
    const decoded = forwardedPath.split('/').map((each) => decodeURIComponent(each));
    expect(decoded.some((each) => each === '.' || each === '..' || each.includes('/'))).toBe(false);
    // What counts is what Go reads: the first of each key.
    const first = new URLSearchParams(forwarded.slice(forwardedPath.length)).get('watch');
    const isWatch = first !== null && first !== '0' && first.toLowerCase() !== 'false';
    if (read.kind === 'resource' && read.verb === 'list') expect(isWatch).toBe(false);
  },
});
