import { z } from 'zod';

const filePath = z.string().min(1).describe('Path, relative to the file that names it');
const variableName = z.string().regex(/^[A-Za-z_]\w{0,127}$/, 'expected the name of a variable');
const kubeName = z
  .string()
  .max(253)
  .regex(/^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/, 'expected a Kubernetes name');

/** A key of a Kubernetes Secret where the gateway runs, read with the gateway's own identity. */
const SecretReference = z.strictObject({
  namespace: kubeName,
  name: kubeName,
  key: z
    .string()
    .max(253)
    .regex(/^[-._a-zA-Z0-9]+$/, 'expected a key of a Secret'),
});
export type SecretReference = z.infer<typeof SecretReference>;

const sources = {
  file: filePath.optional().describe('Read again when it changes'),
  environmentVariable: variableName.optional().describe('Variable of the proxy'),
  secret: SecretReference.optional().describe('Read again every 30 seconds'),
};
const sourceNames = ['file', 'environmentVariable', 'secret'] as const;

/** Where one secret text comes from: exactly one of the three is there. */
export interface MaterialSource {
  readonly file?: string | undefined;
  readonly environmentVariable?: string | undefined;
  readonly secret?: SecretReference | undefined;
}

const hasOneSource = (source: MaterialSource): boolean =>
  sourceNames.filter((name) => source[name] !== undefined).length === 1;
const oneSource = { message: 'expected one of "file", "environmentVariable" and "secret"' };
const oneSourceSchema = { oneOf: sourceNames.map((name) => ({ required: [name] })) };

const Material = z.strictObject(sources).refine(hasOneSource, oneSource).meta(oneSourceSchema);

const BearerToken = z
  .strictObject({ type: z.literal('bearerToken'), ...sources })
  .refine(hasOneSource, oneSource)
  .meta(oneSourceSchema);

const ClientCertificate = z.strictObject({
  type: z.literal('clientCertificate'),
  certificate: Material.describe('PEM chain'),
  key: Material.describe('PEM'),
});

const Exec = z.strictObject({
  type: z.literal('exec'),
  apiVersion: z
    .enum(['client.authentication.k8s.io/v1', 'client.authentication.k8s.io/v1beta1'])
    .default('client.authentication.k8s.io/v1'),
  command: z
    .string()
    .regex(/^\/[^\0]+$/, 'expected an absolute path')
    .describe('Run without a shell'),
  args: z.array(z.string()).max(100).default([]),
  env: z
    .array(z.strictObject({ name: variableName, value: z.string() }))
    .max(100)
    .default([])
    .describe('All that it is given, besides PATH, HOME and `inheritEnv`'),
  inheritEnv: z
    .array(variableName)
    .max(100)
    .default([])
    .describe('Variables of the proxy that it may see, e.g. AWS_REGION'),
  provideClusterInfo: z.boolean().default(false),
  timeoutSeconds: z.int().min(1).max(120).default(30).describe('Then it is killed'),
});

const ServiceAccount = z.strictObject({
  type: z.literal('serviceAccount'),
  directory: filePath
    .default('/var/run/secrets/kubernetes.io/serviceaccount')
    .describe('Holds `token`, read again when it is rotated, and `ca.crt`'),
});

const roleArn = /^arn:aws[a-z-]*:iam::\d{12}:role\/[\w+=,.@/-]{1,576}$/;
const policyArn = /^arn:aws[a-z-]*:iam::(\d{12}|aws):policy\/[\w+=,.@/-]{1,512}$/;

const Eks = z.strictObject({
  type: z.literal('eks'),
  clusterName: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,99}$/, 'expected an EKS cluster name'),
  region: z.string().regex(/^[a-z]{2}(-[a-z]+)+-\d{1,2}$/, 'expected an AWS region'),
  roleArn: z
    .string()
    .regex(roleArn, 'expected the ARN of a role')
    .describe('Assumed from the ambient identity of the proxy, once per agent and grant'),
  externalId: z
    .string()
    .regex(/^[\w+=,.@:/-]{2,1224}$/, 'expected an external id')
    .optional(),
  durationSeconds: z
    .int()
    .min(900)
    .max(43_200)
    .default(3_600)
    .describe('Of one session; AWS allows at most 3600 when the ambient identity is a role itself'),
  sourceIdentity: z
    .boolean()
    .default(true)
    .describe('Names the agent as source identity; the trust policy allows sts:SetSourceIdentity'),
  sessionTags: z
    .boolean()
    .default(true)
    .describe('Names agent, grant and connection; the trust policy allows sts:TagSession'),
  transitiveTags: z.boolean().default(false).describe('Tags stay when another role is assumed'),
  sessionPolicy: z
    .record(z.string(), z.unknown())
    .optional()
    .describe('IAM policy document that narrows the session'),
  sessionPolicyArns: z
    .array(z.string().regex(policyArn, 'expected the ARN of a policy'))
    .min(1)
    .max(10)
    .optional(),
});

/** How the gateway authenticates to one cluster. Holds where secrets are, never a secret. */
export const ClusterCredential = z.discriminatedUnion('type', [
  BearerToken,
  ClientCertificate,
  Exec,
  ServiceAccount,
  Eks,
]);
export type ClusterCredential = z.infer<typeof ClusterCredential>;
export type CredentialOfType<Type extends ClusterCredential['type']> = Extract<
  ClusterCredential,
  { type: Type }
>;
