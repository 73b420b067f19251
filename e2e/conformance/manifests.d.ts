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
export declare function deployment(shape?: DeploymentShape): string;
/** A ConfigMap with the given data. */
export declare function configMap(
  name: string,
  data: Readonly<Record<string, string>>,
  labels?: Readonly<Record<string, string>>,
): string;
/** Several objects as one manifest. */
export declare function manifest(...objects: readonly string[]): string;
