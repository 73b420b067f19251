/** What a Deployment of the cases varies in. */
export interface DeploymentShape {
  readonly name?: string;
  readonly image?: string;
  readonly replicas?: number;
  /** Environment of the first container. */
  readonly env?: Readonly<Record<string, string>>;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly extraContainer?: boolean;
}

/** A Deployment as a person would write it, in JSON, which is YAML too. */
export function deployment(shape: DeploymentShape = {}): string {
  const { name = 'web', image = 'registry.test/web:1', replicas = 1, env = {} } = shape;
  const labels = { app: name };
  const variables = Object.entries(env).map(([key, value]) => ({ name: key, value }));
  return JSON.stringify({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, labels: { ...labels, ...shape.labels }, annotations: shape.annotations },
    spec: {
      replicas,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: {
          containers: [
            {
              name: 'web',
              image,
              ports: [{ containerPort: 8080 }],
              ...(variables.length === 0 ? {} : { env: variables }),
            },
            ...(shape.extraContainer === true
              ? [{ name: 'side', image: 'registry.test/side:1' }]
              : []),
          ],
        },
      },
    },
  });
}

/** A ConfigMap with the given data. */
export function configMap(
  name: string,
  data: Readonly<Record<string, string>>,
  labels: Readonly<Record<string, string>> = {},
): string {
  // An empty map is not the same as none: server-side apply would own it.
  const given = (map: object) => (Object.keys(map).length === 0 ? undefined : map);
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, labels: given(labels) },
    data: given(data),
  });
}

/** Several objects as one manifest. Without the first separator kubectl would take it for a single JSON text. */
export function manifest(...objects: readonly string[]): string {
  return objects.map((object) => `---\n${object}\n`).join('');
}
