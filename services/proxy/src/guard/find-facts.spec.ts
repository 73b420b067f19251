import { describe, expect, it } from 'vitest';
import type { Negotiated } from '../chain/negotiate-channel.js';
import { parseKubeRequest } from '../domain/kube-request.js';
import { RequestHeaders } from '../domain/request-headers.js';
import type { PreparedUpstream } from '../upstream/upstream.js';
import { findFacts } from './find-facts.js';

/** A patch of a widget, and a cluster in which `spec` says who serves widgets. */
function patching(spec: object) {
  const asked: string[] = [];
  const send: PreparedUpstream['send'] = ({ method, target }, listener) => {
    asked.push(`${method} ${target}`);
    const isService = target.includes('apiservices');
    const answer = isService ? { kind: 'APIService', spec } : { kind: 'Widget', size: 2 };
    process.nextTick(() => {
      listener.onHead(200, ['Content-Type', 'application/json']);
      listener.onData(Buffer.from(JSON.stringify(answer)), true);
      listener.onEnd();
    });
    return { pause: () => undefined, resume: () => undefined, abort: () => undefined };
  };
  const rawHeaders = ['content-type', 'application/merge-patch+json'];
  const call = {
    commandId: 'c',
    connection: 'prod',
    agent: { kind: 'agent', issuer: 'https://idp.test', subject: 'a', groups: [] },
    grant: { grantId: 'g', accessRequestId: 'r', endsAtMs: 9e15 },
    kube: parseKubeRequest('PATCH', '/apis/example.com/v1/namespaces/payments/widgets/w'),
    request: { rawHeaders, headers: new RequestHeaders(rawHeaders), announced: {} },
    answer: { on: () => undefined },
    upstream: { prepare: () => ({ send }) },
  } as unknown as Negotiated;
  const find = () =>
    findFacts({ assume: () => undefined })(
      call,
      { kind: 'held', bytes: Buffer.from('{"size":2}') },
      new Set(['object'] as const),
    );
  return { asked, find };
}

describe('what a patch makes of an object', () => {
  it('is what a dry-run says, where the API server itself serves the kind', async () => {
    const { asked, find } = patching({});
    expect(await find()).toStrictEqual({ object: { kind: 'Widget', size: 2 } });
    expect(asked.at(-1)).toBe(
      'PATCH /apis/example.com/v1/namespaces/payments/widgets/w?dryRun=All',
    );
  });

  it('T16 is not tried at an aggregated server, which might do it; so nothing is known', async () => {
    const { asked, find } = patching({ service: { name: 'widgets' } });
    expect(await find()).toStrictEqual({});
    expect(asked).toStrictEqual(['GET /apis/apiregistration.k8s.io/v1/apiservices/v1.example.com']);
  });
});
