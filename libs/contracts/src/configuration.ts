import { z } from 'zod';
import { ConnectionName } from './access-request.js';
import { AnswerMasking, PortForwarding } from './answer-masking.js';
import { ClusterCredential } from './cluster-credential.js';
import { ClusterIdentity } from './cluster-identity.js';
import { ConnectorAccess } from './connector-access.js';
import { GuardrailSpec } from './guardrail.js';
import { Rule, Rules } from './scope.js';
import { ClaimMapping, SigningAlgorithm } from './trust-bundle.js';

const label = z
  .string()
  .max(63)
  .regex(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/, 'expected a DNS label');
const pattern = z
  .string()
  .min(1)
  .max(500)
  .describe('Regular expression in RE2 syntax; matches anywhere unless anchored with ^ and $');
const filePath = z.string().min(1).describe('Path, relative to the file that names it');

const document = <Kind extends string, Spec extends z.ZodType>(
  kind: Kind,
  name: z.ZodType<string>,
  spec: Spec,
) =>
  z.strictObject({
    apiVersion: z.literal('drawbridge.dev/v1alpha1'),
    kind: z.literal(kind),
    metadata: z.strictObject({ name, labels: z.record(z.string(), z.string()).default({}) }),
    spec,
  });

/** An OIDC issuer whose tokens are believed, and how its claims are read. Read by identity. */
export const IssuerDocument = document(
  'Issuer',
  label,
  z.strictObject({
    issuer: z
      .url()
      .describe('Exactly the `iss` of its tokens; metadata is discovered from here only'),
    audiences: z.array(z.string().min(1)).min(1).describe('A token must be for one of these'),
    algorithms: z.array(SigningAlgorithm).min(1).default(['RS256', 'ES256']),
    clockSkewSeconds: z.int().min(0).max(300).default(30),
    maxTokenAgeSeconds: z.int().min(60).optional(),
    authorizedParties: z.array(z.string().min(1)).min(1).optional(),
    claims: ClaimMapping,
    owners: z.record(z.string(), z.string()).default({}).describe('Owner by agent subject'),
    disabledSubjects: z.array(z.string()).default([]),
    jwksRefreshSeconds: z.int().min(5).max(86_400).default(300),
    certificateAuthorityFile: filePath.optional().describe('PEM; for an issuer with a private CA'),
    allowInsecureHttp: z
      .boolean()
      .default(false)
      .describe('Only for an issuer on a loopback address; refused for any other'),
    login: z
      .strictObject({ deviceClientId: z.string().min(1), scope: z.string().default('openid') })
      .optional()
      .describe('Public client with which humans log in from a terminal'),
  }),
);
export type IssuerDocument = z.infer<typeof IssuerDocument>;

/** A human with the company identity and the Slack account that belong together. Read by approval. */
export const HumanDocument = document(
  'Human',
  label,
  z.strictObject({
    issuer: z.url(),
    subject: z.string().min(1),
    email: z.email(),
    groups: z.array(z.string().min(1)).default([]),
    slack: z.strictObject({ team: z.string().min(1), user: z.string().min(1) }).optional(),
  }),
);
export type HumanDocument = z.infer<typeof HumanDocument>;

const placeholder = z.string().regex(/^\{[a-z][A-Za-z0-9]{0,30}\}$/, 'expected a "{parameter}"');
const nameOrPlaceholder = z.union([placeholder, Rule.shape.namespaces.element]);

/** A rule of an action: as {@link Rule}, but `{parameter}` may stand for a namespace or a name. */
const ActionRule = z.strictObject({
  verbs: Rule.shape.verbs,
  apiGroups: Rule.shape.apiGroups,
  resources: Rule.shape.resources,
  namespaces: z.array(nameOrPlaceholder).min(1).max(100),
  resourceNames: z.array(nameOrPlaceholder).min(1).max(100).optional(),
});

/** A named scope with parameters: a namespace or name `{name}` stands for the parameter. Read by policy. */
export const ActionDocument = document(
  'Action',
  label,
  z.strictObject({
    description: z.string().min(1).max(200),
    parameters: z
      .array(
        z.strictObject({
          name: z.string().regex(/^[a-z][A-Za-z0-9]{0,30}$/),
          description: z.string().min(1),
        }),
      )
      .default([])
      .describe('Each must be given; a namespace must be a DNS label, a name a DNS subdomain'),
    rules: z.array(ActionRule).min(1).max(50),
  }),
);
export type ActionDocument = z.infer<typeof ActionDocument>;

const hostName = z
  .string()
  .max(253)
  .regex(
    /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)+$/,
    'expected a DNS name in lower case',
  );

/** One cluster as Drawbridge reaches it. Policy reads name and environment; only the proxy reads the rest. */
export const ConnectionDocument = document(
  'Connection',
  ConnectionName,
  z.strictObject({
    environment: z.string().min(1).max(63),
    description: z.string().max(200).optional(),
    owner: z.string().max(320).optional(),
    server: z
      .url({ protocol: /^https$/ })
      .optional()
      .describe(
        'Base address of the API server; default: looked up for eks, the cluster itself for serviceAccount',
      ),
    certificateAuthorityFile: filePath
      .optional()
      .describe('PEM; default: what comes with the default of `server`, or the system roots'),
    tlsServerName: z.string().optional(),
    hosts: z
      .array(hostName)
      .min(1)
      .max(20)
      .optional()
      .describe('Host names of the gateway that stand for this connection, without a path prefix'),
    connector: ConnectorAccess.optional().describe(
      'The gateway has no way to `server`: connectors in the network of the cluster dial in and are it',
    ),
    credential: ClusterCredential,
    identity: ClusterIdentity.optional().describe(
      'As whom calls reach the cluster; default: gateway',
    ),
    masking: AnswerMasking.optional().describe('What is masked beside what always is'),
    portForward: PortForwarding.optional().describe(
      'Ports of pods; what passes there is masked by nobody. Default: refuse',
    ),
  }),
);
export type ConnectionDocument = z.infer<typeof ConnectionDocument>;

/** Several steps of different humans; a step's name is shown to whoever decides. */
const StepsOfPolicy = z
  .strictObject({
    type: z.literal('steps'),
    order: z
      .enum(['sequential', 'parallel'])
      .default('sequential')
      .describe('One step after the other, or all at once'),
    steps: z
      .array(
        z.strictObject({
          name: label.max(40),
          count: z.int().min(1).max(10).default(1),
          groups: z.array(z.string().min(1)).min(1).max(50),
        }),
      )
      .min(1)
      .max(10)
      .describe('No human counts in more than one'),
    denyThreshold: z
      .int()
      .min(1)
      .max(10)
      .default(1)
      .describe('Different humans whose no ends the request'),
    excludeOwner: z.boolean().default(true),
    timeoutSeconds: z.int().min(30).max(604_800).default(1800),
  })
  .refine(({ steps }) => new Set(steps.map(({ name }) => name)).size === steps.length, {
    message: 'two steps have the same name',
    path: ['steps'],
  });

/**
 * Who may ask for what, for how long, and who must approve. A request is judged by one policy at a time;
 * policies never add up.
 */
export const PolicyDocument = document(
  'Policy',
  label,
  z.strictObject({
    description: z.string().max(200).optional(),
    subjects: z.strictObject({
      groups: z.array(z.string().min(1)).min(1).describe('The requester is in one of these'),
      issuers: z.array(z.url()).min(1).optional(),
      kinds: z
        .array(z.enum(['agent', 'human']))
        .min(1)
        .default(['agent']),
    }),
    connections: z
      .strictObject({
        names: z.array(ConnectionName).min(1).optional(),
        environments: z.array(z.string().min(1)).min(1).optional(),
      })
      .refine((value) => value.names !== undefined || value.environments !== undefined, {
        message: 'expected "names" or "environments"',
      })
      .meta({ anyOf: [{ required: ['names'] }, { required: ['environments'] }] })
      .describe('Connections that are named, or that belong to a named environment'),
    actions: z.array(label).default([]).describe('Actions that may be asked for by name'),
    namespaces: z
      .array(z.union([z.literal('*'), label]))
      .min(1)
      .describe('Where; `*` is every namespace and cluster-scoped calls'),
    rules: Rules.optional().describe('Widest rules that may be asked for directly; default: none'),
    maxDurationSeconds: z.int().min(30).max(86_400),
    whenTooWide: z
      .enum(['cut', 'refuse'])
      .default('refuse')
      .describe(
        'What to do with a longer duration or namespaces outside: cut to what is allowed, or refuse',
      ),
    reason: z
      .strictObject({ minLength: z.int().min(1).max(1000).default(1), pattern: pattern.optional() })
      .optional(),
    ticket: z
      .strictObject({ required: z.boolean().default(true), pattern: pattern.optional() })
      .optional(),
    approval: z.discriminatedUnion('type', [
      z.strictObject({ type: z.literal('none') }),
      z.strictObject({
        type: z.literal('humans'),
        count: z.int().min(1).max(10).default(1),
        groups: z.array(z.string().min(1)).min(1),
        excludeOwner: z.boolean().default(true),
        timeoutSeconds: z.int().min(30).max(604_800).default(1800),
      }),
      StepsOfPolicy,
    ]),
  }),
);
export type PolicyDocument = z.infer<typeof PolicyDocument>;

/**
 * Rules over calls that a grant allows: what is denied, held, masked or noted all the same. Read by the proxy.
 */
export const GuardrailDocument = document('Guardrail', label, GuardrailSpec);
export type GuardrailDocument = z.infer<typeof GuardrailDocument>;

/** Any document of a configuration directory. */
export const ConfigurationDocument = z.discriminatedUnion('kind', [
  IssuerDocument,
  HumanDocument,
  ActionDocument,
  ConnectionDocument,
  PolicyDocument,
  GuardrailDocument,
]);
export type ConfigurationDocument = z.infer<typeof ConfigurationDocument>;
