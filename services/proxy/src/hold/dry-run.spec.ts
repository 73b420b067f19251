import { describe, expect, it } from 'vitest';
import { parseKubeRequest, type ResourceRequest } from '../domain/kube-request.js';
import { dryRunOf } from './dry-run.js';

const base = '/api/v1/namespaces/payments';

function call(method: string, target: string): ResourceRequest {
  const kube = parseKubeRequest(method, target);
  if (kube.kind !== 'resource') throw new Error('expected a resource');
  return kube;
}

function dryRun(
  method: string,
  target: string,
  {
    body,
    contentType = 'application/json',
  }: { body?: string | undefined; contentType?: string } = {},
) {
  const question = dryRunOf({
    kube: call(method, target),
    userAgent: 'kubectl/v1.34',
    contentType,
    body: body === undefined ? undefined : Buffer.from(body),
  });
  if (typeof question === 'string') throw new Error(question);
  return { ...question, sent: question.body?.bytes.toString() };
}

const reasonOf = (method: string, target: string) =>
  dryRunOf({
    kube: call(method, target),
    userAgent: undefined,
    contentType: '',
    body: undefined,
  });

describe('the dry-run of a call', () => {
  it('is the same call with dryRun=All, its field manager and its bytes', () => {
    const target = `${base}/configmaps/a?fieldManager=helm&force=true`;
    expect(
      dryRun('PATCH', target, { body: '{"data":{}}', contentType: 'application/apply-patch+yaml' }),
    ).toMatchObject({
      method: 'PATCH',
      target: `${base}/configmaps/a?fieldManager=helm&force=true&dryRun=All`,
      userAgent: 'kubectl/v1.34',
      body: { type: 'application/apply-patch+yaml' },
      sent: '{"data":{}}',
    });
  });

  it('says dryRun once, whatever the client says', () => {
    expect(dryRun('POST', `${base}/pods?dryRun=None`, { body: '{}' }).target).toBe(
      `${base}/pods?dryRun=All`,
    );
  });

  it.each([
    ['without options', undefined, 'application/json'],
    ['with options', '{"propagationPolicy":"Foreground"}', 'application/json'],
    ['that says it is none', '{"dryRun":[],"DryRun":[],"DRYRUN":null}', 'application/json'],
    ['that cannot be read', '{"dryRun":', 'application/json'],
    ['in another format', 'k8s\0…', 'application/vnd.kubernetes.protobuf'],
  ])('T16 of a delete %s says so in the body too, or the object would be gone', (_, body, type) => {
    const {
      sent = '',
      target,
      body: made,
    } = dryRun('DELETE', `${base}/pods/a`, { body, contentType: type });
    const options = JSON.parse(sent) as Record<string, unknown>;
    expect(options).toMatchObject({ kind: 'DeleteOptions', dryRun: ['All'] });
    expect(Object.keys(options).filter((key) => key.toLowerCase() === 'dryrun')).toHaveLength(1);
    expect(made?.type).toBe('application/json');
    expect(target).toBe(`${base}/pods/a?dryRun=All`);
  });

  it('of a delete keeps what the client wants with it', () => {
    const body = '{"propagationPolicy":"Foreground","preconditions":{"uid":"1"},"apiVersion":"v9"}';
    expect(JSON.parse(dryRun('DELETE', `${base}/pods/a`, { body }).sent ?? '')).toStrictEqual({
      apiVersion: 'v1',
      kind: 'DeleteOptions',
      dryRun: ['All'],
      propagationPolicy: 'Foreground',
      preconditions: { uid: '1' },
    });
  });

  it.each([
    ['POST', `${base}/pods/a/exec?command=ls`],
    ['GET', `${base}/pods/a/exec?command=ls`],
    ['POST', `${base}/serviceaccounts/a/token`],
    ['DELETE', `${base}/pods`],
    ['POST', `${base}/pods/a/binding`],
    ['GET', `${base}/pods/a`],
  ])('of %s %s does not exist, and is not tried', (method, target) => {
    expect(typeof reasonOf(method, target)).toBe('string');
  });
});
