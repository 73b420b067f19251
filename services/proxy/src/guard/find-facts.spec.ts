import { describe, expect, it } from 'vitest';
import type { Negotiated } from '../chain/negotiate-channel.js';
import { parseKubeRequest } from '../domain/kube-request.js';
import { RequestHeaders } from '../domain/request-headers.js';
import type { PreparedUpstream } from '../upstream/upstream.js';
import { findFacts } from './find-facts.js';

interface Asked {
  readonly method?: string;
  readonly target?: string;
  readonly type?: string;
  readonly body?: Buffer;
  /** Of the `APIService` of its group. */
  readonly spec?: object;
}

const widget = '/apis/example.com/v1/namespaces/payments/widgets/w';
const pods = '/api/v1/namespaces/payments/pods';

/** A call, and a cluster that keeps what it is asked. */
function facing({ method = 'PATCH', target = widget, type, body, spec = {} }: Asked) {
  const asked: string[] = [];
  const sent: Buffer[] = [];
  const send: PreparedUpstream['send'] = (request, listener) => {
    asked.push(`${request.method} ${request.target}`);
    request.body?.on('data', (chunk: Buffer) => sent.push(chunk));
    const isService = request.target.includes('apiservices');
    const answer = isService ? { kind: 'APIService', spec } : { kind: 'Widget', size: 2 };
    setImmediate(() => {
      listener.onHead(200, ['Content-Type', 'application/json']);
      listener.onData(Buffer.from(JSON.stringify(answer)), true);
      listener.onEnd();
    });
    return { pause: () => undefined, resume: () => undefined, abort: () => undefined };
  };
  const rawHeaders = ['content-type', type ?? 'application/merge-patch+json'];
  const call = {
    commandId: 'c',
    connection: 'prod',
    agent: { kind: 'agent', issuer: 'https://idp.test', subject: 'a', groups: [] },
    grant: { grantId: 'g', accessRequestId: 'r', endsAtMs: 9e15 },
    kube: parseKubeRequest(method, target),
    request: { rawHeaders, headers: new RequestHeaders(rawHeaders), announced: {} },
    answer: { on: () => undefined },
    upstream: { prepare: () => ({ send }) },
  } as unknown as Negotiated;
  const bytes = body ?? Buffer.from('{"size":2}');
  const find = (...facts: ('object' | 'oldObject')[]) =>
    findFacts({ assume: () => undefined })(call, { kind: 'held', bytes }, new Set(facts));
  return { asked, sent, find };
}

describe('what a patch makes of an object', () => {
  it('is what a dry-run says, where the API server itself serves the kind', async () => {
    const { asked, find } = facing({});
    expect(await find('object')).toStrictEqual({ object: { kind: 'Widget', size: 2 } });
    expect(asked.at(-1)).toBe(`PATCH ${widget}?dryRun=All`);
  });

  it('T16 is not tried at an aggregated server, which might do it; so nothing is known', async () => {
    const { asked, find } = facing({ spec: { service: { name: 'widgets' } } });
    expect(await find('object')).toStrictEqual({});
    expect(asked).toStrictEqual(['GET /apis/apiregistration.k8s.io/v1/apiservices/v1.example.com']);
  });
});

describe('an object that is sent whole', () => {
  it('is read here as JSON', async () => {
    const { asked, find } = facing({ method: 'POST', target: pods, type: 'application/json' });
    expect(await find('object')).toStrictEqual({ object: { size: 2 } });
    expect(asked).toStrictEqual([]);
  });

  it.each([
    ['application/vnd.kubernetes.protobuf', Buffer.from('k8s\0\x0a\x01\xff', 'latin1')],
    ['application/cbor', Buffer.from('d9d9f7a0', 'hex')],
    ['application/yaml', Buffer.from('size: 2')],
    ['text/plain', Buffer.from('{"size":2}')],
    ['application/json', Buffer.from('k8s\0', 'latin1')],
    ['application/json', Buffer.from('{"size":2,"size":3}')],
  ])('T16 is what the cluster reads in these very bytes: %s', async (type, body) => {
    for (const [method, target] of [
      ['POST', pods],
      ['PUT', `${pods}/a`],
    ] as const) {
      const { asked, sent, find } = facing({ method, target, type, body });
      expect(await find('object')).toStrictEqual({ object: { kind: 'Widget', size: 2 } });
      expect(asked).toStrictEqual([`${method} ${target}?dryRun=All`]);
      expect(Buffer.concat(sent)).toStrictEqual(body);
    }
  });

  it.each([
    ['POST', `${pods}/a/binding`],
    ['POST', '/api/v1/namespaces/payments/serviceaccounts/a/token'],
    ['POST', `${pods}/a/anything`],
  ])('T16 is not known where a dry-run might do something: %s %s', async (method, target) => {
    const { asked, find } = facing({ method, target, type: 'application/yaml' });
    expect(await find('object')).toStrictEqual({});
    expect(asked).toStrictEqual([]);
  });
});

describe('the object as it is', () => {
  it('is fetched; of a channel the pod', async () => {
    const { asked, find } = facing({ method: 'POST', target: `${pods}/a/exec?command=ls` });
    expect(await find('oldObject')).toStrictEqual({ oldObject: { kind: 'Widget', size: 2 } });
    expect(asked).toStrictEqual([`GET ${pods}/a`]);
  });

  it.each([
    `${pods}/a/proxy/restart`,
    `${pods}/a/proxy`,
    '/api/v1/proxy/namespaces/payments/pods/a/restart',
  ])('T16 is not known behind a proxy, where to look is a call: %s', async (target) => {
    const { asked, find } = facing({ method: 'POST', target });
    expect(await find('oldObject')).toStrictEqual({});
    expect(asked).toStrictEqual([]);
  });
});
