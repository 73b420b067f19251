import { compilePattern, type Configuration } from '@drawbridge/configuration';
import { peopleOf } from '@drawbridge/people';
import type { PolicyLimits } from './domain/limit-grant.js';
import type { Policy, PolicySet, RiskModelSpec, TextPattern } from './domain/policy-set.js';

type PolicySpec = Configuration['policies'][number]['spec'];

/** Makes of a configuration what decides: names resolved, patterns compiled, policies in the order of their names. */
export function compilePolicies(configuration: Configuration): PolicySet {
  const { version, connections, actions, policies, humans, schedules, risks } = configuration;
  return {
    version,
    connections: connections.map(({ metadata, spec }) => ({
      name: metadata.name,
      environment: spec.environment,
    })),
    actions: actions.map(({ metadata, spec }) => ({
      name: metadata.name,
      parameters: spec.parameters.map(({ name }) => name),
      rules: spec.rules,
      ...compileAccepts(spec.parameters),
    })),
    policies: policies
      .map(({ metadata, spec }) => compilePolicy(metadata.name, spec))
      // By code unit and not by locale: every replica must ask them in the same order.
      .toSorted((one, other) => (one.name < other.name ? -1 : 1)),
    riskRules: risks.flatMap(({ spec }) => spec.rules),
    ...compileModel(risks),
    ...(humans.length > 0 && { people: peopleOf(humans, schedules) }),
  };
}

/** Most parameters are names, which goes without saying. */
function compileAccepts(
  parameters: Configuration['actions'][number]['spec']['parameters'],
): Pick<PolicySet['actions'][number], 'accepts'> {
  const more = parameters.flatMap(({ name, accepts = 'name' }) =>
    accepts === 'name' ? [] : [[name, accepts] as const],
  );
  return more.length === 0 ? {} : { accepts: Object.fromEntries(more) };
}

/** There is one at most. */
function compileModel(risks: Configuration['risks']): { riskModel?: RiskModelSpec } {
  const [riskModel] = risks.flatMap(({ spec }) => spec.model ?? []);
  return riskModel === undefined ? {} : { riskModel };
}

function compilePolicy(name: string, spec: PolicySpec): Policy {
  const { subjects, connections, reason, ticket } = spec;
  return {
    name,
    subjects: compileSubjects(subjects),
    connections: { names: connections.names ?? [], environments: connections.environments ?? [] },
    actions: spec.actions,
    namespaces: spec.namespaces,
    rules: spec.rules ?? [],
    maxDurationSeconds: spec.maxDurationSeconds,
    whenTooWide: spec.whenTooWide,
    reason: { minLength: reason?.minLength ?? 1, ...compileText(reason?.pattern) },
    ticket: { required: ticket?.required ?? false, ...compileText(ticket?.pattern) },
    autoApprove: spec.autoApprove,
    approval: compileApproval(spec.approval),
    revokeWithApprover: spec.revokeWithApprover,
    ...compileLimits(spec.limits),
    ...compileStart(spec.start),
    ...compileBehalf(spec.onBehalfOf),
    ...compileStepUp(spec.stepUp),
    ...compileBreakGlass(spec),
    ...compileExtension(spec.extension),
  };
}

/** In a configuration a step says by its fields whose it is. */
function compileApproval(approval: PolicySpec['approval']): Policy['approval'] {
  if (approval.type !== 'steps') return approval;
  const steps = approval.steps.map((step) =>
    'ticket' in step
      ? { type: 'ticket' as const, name: step.name, webhook: step.ticket }
      : { type: 'humans' as const, ...step },
  );
  return { ...approval, steps };
}

const compileBreakGlass = ({ breakGlass }: PolicySpec) =>
  breakGlass === undefined ? {} : { breakGlass };

function compileLimits(limits: PolicySpec['limits']): { limits?: PolicyLimits } {
  if (limits === undefined) return {};
  const { require, maxCalls, idleSeconds } = limits;
  return {
    limits: {
      require,
      ...(maxCalls !== undefined && { maxCalls }),
      ...(idleSeconds !== undefined && { idleSeconds }),
    },
  };
}

/** Whoever says no says nothing. */
const compileBehalf = (behalf: PolicySpec['onBehalfOf']) =>
  behalf?.allowed === true ? { onBehalfOf: { proof: behalf.proof } } : {};
const compileStart = (start: PolicySpec['start']) => (start === undefined ? {} : { start });
const compileExtension = (extension: PolicySpec['extension']) =>
  extension === undefined ? {} : { extension };
const compileStepUp = (stepUp: PolicySpec['stepUp']) => (stepUp === undefined ? {} : { stepUp });

function compileSubjects({ groups, kinds, issuers }: PolicySpec['subjects']): Policy['subjects'] {
  return { groups, kinds, ...(issuers !== undefined && { issuers }) };
}

function compileText(source: string | undefined): { pattern?: TextPattern } {
  return source === undefined ? {} : { pattern: { source, matches: compilePattern(source) } };
}
