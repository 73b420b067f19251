/** The size of a small pod on the wire. */
const POD_BYTES = 2_000;
const MEGABYTE = 1_000_000;

interface PodOptions {
  readonly name: string;
  readonly namespace: string;
  readonly bytes: number;
}

/** A pod of exactly so many bytes of JSON: names, labels and environment like a real one's, then filling. */
export function podJson({ name, namespace, bytes }: PodOptions): string {
  const pod = (filling: string) =>
    JSON.stringify({
      kind: 'Pod',
      apiVersion: 'v1',
      metadata: {
        name,
        namespace,
        uid: '6f0e0f3e-5b1c-4a34-9b62-0c6a7d6f8a10',
        resourceVersion: '4711',
        creationTimestamp: '2026-01-05T09:00:00Z',
        labels: { app: 'checkout', 'pod-template-hash': '7c5ddbdf54' },
      },
      spec: {
        nodeName: 'node-1',
        containers: [
          {
            name: 'app',
            image: 'registry.corp.test/checkout:1.4.2',
            env: Array.from({ length: 8 }, (_, index) => ({
              name: `SETTING_${index}`,
              value: `value-${index}`,
            })),
            resources: { limits: { cpu: '500m', memory: '256Mi' } },
          },
        ],
      },
      status: { phase: 'Running', podIP: '10.0.0.17', message: filling },
    });
  const short = bytes - pod('').length;
  return pod('x'.repeat(Math.max(0, short)));
}

export const smallPod = podJson({ name: 'checkout', namespace: 'payments', bytes: POD_BYTES });

/** Names of the objects in a list, in their order. */
export const podName = (index: number): string => `checkout-${index}`;

/** A list of so many bytes, give or take a pod, piece by piece: the largest would not fit into one string. */
export function* podListJson(bytes: number): Generator<string> {
  yield '{"kind":"PodList","apiVersion":"v1","metadata":{"resourceVersion":"4711"},"items":[';
  for (let index = 0; index < bytes / POD_BYTES; index += 1) {
    const pod = podJson({ name: podName(index), namespace: 'payments', bytes: POD_BYTES - 1 });
    yield `${index === 0 ? '' : ','}${pod}`;
  }
  yield ']}';
}

export const LIST_BYTES = 5 * MEGABYTE;
/** Objects in it. */
export const LIST_ITEMS = LIST_BYTES / POD_BYTES;
export const HUGE_LIST_BYTES = 500 * MEGABYTE;

/** What the rows call. */
export const paths = {
  pod: '/api/v1/namespaces/payments/pods/checkout',
  list: '/api/v1/namespaces/payments/pods',
  /** The bytes of the list where no masking rule applies: what a cluster says of its own types. */
  document: '/openapi/v2',
  hugeList: '/api/v1/namespaces/huge/pods',
} as const;
