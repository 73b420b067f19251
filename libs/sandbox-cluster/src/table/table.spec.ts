import { describe, expect, it } from 'vitest';
import { kubeObject } from '../kube-object.js';
import { pods } from '../resources/pods.js';
import { deployments } from '../resources/workloads.js';
import { humanDuration } from './column.js';
import { renderTable } from './render-table.js';

const now = new Date('2026-01-05T09:00:00Z');
const metadata = { name: 'web', namespace: 'n', creationTimestamp: '2026-01-05T08:55:00Z' };

describe('an age', () => {
  it.each([
    [-5, '<invalid>'],
    [-1, '0s'],
    [0, '0s'],
    [119, '119s'],
    [120, '2m'],
    [125, '2m5s'],
    [599, '9m59s'],
    [601, '10m'],
    [3 * 3600 - 1, '179m'],
    [3 * 3600 + 60, '3h1m'],
    [8 * 3600 + 60, '8h'],
    [47 * 3600, '47h'],
    [49 * 3600, '2d1h'],
    [8 * 86_400, '8d'],
    [729 * 86_400, '729d'],
    [731 * 86_400, '2y1d'],
    [9 * 365 * 86_400, '9y'],
  ])('of %i seconds is %s', (seconds, text) => {
    expect(humanDuration(seconds)).toBe(text);
  });
});

describe('a table', () => {
  const render = (object: ReturnType<typeof kubeObject>, type = pods) =>
    renderTable(
      [object],
      { resourceVersion: '7' },
      { type, includeObject: 'None', version: 'v1', now },
    );
  const pod = (status: object, more: object = {}) =>
    kubeObject({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { ...metadata, ...more },
      spec: { containers: [{ name: 'a' }, { name: 'b' }] },
      status: { ...status },
    });

  it.each([
    ['0/2', 'Pending', pod({ phase: 'Pending' })],
    [
      '0/2',
      'ContainerCreating',
      pod({
        phase: 'Pending',
        containerStatuses: [{ state: { waiting: { reason: 'ContainerCreating' } } }],
      }),
    ],
    [
      '1/2',
      'Running',
      pod({
        phase: 'Running',
        containerStatuses: [
          { ready: true, state: { running: {} } },
          { ready: false, state: { running: {} } },
        ],
      }),
    ],
    [
      '0/2',
      'Error',
      pod({
        phase: 'Failed',
        containerStatuses: [{ state: { terminated: { exitCode: 1, reason: 'Error' } } }],
      }),
    ],
    [
      '0/2',
      'Terminating',
      pod({ phase: 'Running' }, { deletionTimestamp: '2026-01-05T08:59:00Z' }),
    ],
  ])('shows a pod as %s %s', (ready, status, object) => {
    const table = render(object);
    for (const [column, cell] of ['web', ready, status, '0', '5m'].entries()) {
      expect(table).toHaveProperty(['rows', 0, 'cells', column], cell);
    }
  });

  it('shows a deployment with the wide columns, and objects as asked', () => {
    const object = kubeObject({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata,
      spec: {
        replicas: 3,
        selector: { matchLabels: { app: 'web' } },
        template: {
          spec: {
            containers: [
              { name: 'a', image: 'i:1' },
              { name: 'b', image: 'i:2' },
            ],
          },
        },
      },
      status: { readyReplicas: 2, updatedReplicas: 1, availableReplicas: 2 },
    });
    const request = {
      type: deployments,
      includeObject: 'Metadata',
      version: 'v1beta1',
      now,
    } as const;
    expect(renderTable([object], { resourceVersion: '7' }, request)).toMatchObject({
      kind: 'Table',
      apiVersion: 'meta.k8s.io/v1beta1',
      metadata: { resourceVersion: '7' },
      rows: [
        {
          cells: ['web', '2/3', 1, 2, '5m', 'a,b', 'i:1,i:2', 'app=web'],
          object: { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1beta1', metadata },
        },
      ],
    });
  });
});
