import { Environment } from '@marcbachmann/cel-js';
import { registerFunctions } from './kubernetes-functions.js';

const text = 'string';
const texts = 'list<string>';
const instant = 'google.protobuf.Timestamp';

/** The variables of an expression, with their types; `docs/guardrails.md` explains each. */
const schemas = {
  request: {
    ...{ verb: text, apiGroup: text, apiVersion: text, resource: text, subresource: text },
    ...{ namespace: text, name: text, path: text, dryRun: 'bool' },
    ...{ fieldManager: text, contentType: text, query: 'map<string, list<string>>' },
  },
  agent: {
    ...{ kind: text, issuer: text, subject: text, groups: texts, owner: text, email: text },
    claims: 'map<string, dyn>',
  },
  connection: { name: text, environment: text, labels: 'map<string, string>' },
  grant: {
    ...{ id: text, action: text, policy: text, ticket: text, reason: text },
    ...{ approvers: texts, startsAt: instant, endsAt: instant },
  },
  exec: {
    ...{ argv: texts, container: text, tty: 'bool', stdin: 'bool' },
    ...{ programs: texts, interactive: 'bool', opaque: 'bool' },
  },
} as const;

/** Variables that are read from the cluster or from the body, so not before a rule asks for them. */
export const factNames = ['object', 'oldObject'] as const;
export type FactName = (typeof factNames)[number];

/** The language of `when`: CEL with optional types, limits, and Kubernetes' functions. */
export const celEnvironment: Environment = makeEnvironment();

function makeEnvironment(): Environment {
  const environment = new Environment({
    enableOptionalTypes: true,
    homogeneousAggregateLiterals: false,
    limits: {
      maxAstNodes: 2_000,
      maxDepth: 60,
      maxListElements: 500,
      maxMapEntries: 500,
      maxCallArguments: 10,
    },
  });
  registerFunctions(environment);
  for (const [name, schema] of Object.entries(schemas))
    environment.registerVariable({ name, schema });
  for (const name of factNames) environment.registerVariable(name, 'dyn');
  return environment.registerVariable('now', instant);
}
