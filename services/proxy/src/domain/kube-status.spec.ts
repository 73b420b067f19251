import { describe, expect, it } from 'vitest';
import { refusalStatus } from './call-refused.js';
import { cuts } from './cut-reason.js';
import { kubeStatus } from './kube-status.js';

describe('the Status of a refusal', () => {
  it('is what Kubernetes clients print', () => {
    expect(
      kubeStatus({ statusCode: 403, code: 'no_grant', message: 'ask for one', commandId: 'c-1' }),
    ).toStrictEqual({
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message: 'drawbridge no_grant: ask for one',
      reason: 'Forbidden',
      details: { uid: 'c-1', causes: [{ reason: 'no_grant', message: 'ask for one' }] },
      code: 403,
    });
  });

  it('T28 is never a success', () => {
    const statuses = [
      ...Object.values(refusalStatus),
      ...Object.values(cuts).map(({ statusCode }) => statusCode),
    ];
    expect(statuses.filter((status) => status < 400 || status > 599)).toStrictEqual([]);
  });
});
