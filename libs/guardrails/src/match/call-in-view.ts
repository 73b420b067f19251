import { fileTransfersOf } from '../exec/file-transfer.js';
import { unfoldArgv } from '../exec/unfold-argv.js';
import { toCelValue } from '../cel/cel-value.js';
import type { CelVariables } from '../cel/cel-expression.js';
import { CostMeter } from '../cel/cost-meter.js';
import type { BodyFacts, ExecFacts, GuardedCall, GuardedRequest } from '../guarded-call.js';

/** Subresources that open a channel or go through the cluster, whatever the method says. */
const opened = new Set(['exec', 'attach', 'portforward', 'proxy']);

/** As everywhere in Drawbridge, opening a channel or a proxy is `create`, even when it comes as a GET. */
export function judgedVerb(request: GuardedRequest): string {
  if (request.kind === 'nonResource') return request.verb;
  return request.verb === 'proxy' || opened.has(request.subresource) ? 'create' : request.verb;
}

/** The subresource that rules are matched with: `proxy` also where it is spelled as a verb of the path. */
export function judgedSubresource(request: GuardedRequest): string {
  if (request.kind === 'nonResource') return '';
  return request.verb === 'proxy' ? 'proxy' : request.subresource;
}

/** A call while it is judged: what more than one rule needs is made once. */
export class CallInView {
  readonly meter: CostMeter;
  readonly facts: BodyFacts;
  #exec: ExecFacts | undefined;
  #variables: CelVariables | undefined;

  constructor(
    readonly call: GuardedCall,
    facts?: BodyFacts,
    meter = new CostMeter(),
  ) {
    this.facts = { ...facts, ...impliedBy(call.request) };
    this.meter = meter;
  }

  /** The same call with its body; what expressions cost before counts on. */
  withFacts(facts: BodyFacts): CallInView {
    return new CallInView(this.call, facts, this.meter);
  }

  get exec(): ExecFacts {
    return (this.#exec ??= execFactsOf(this.call.exec?.argv ?? []));
  }

  /** @throws {@link ValueTooLarge} */
  get variables(): CelVariables {
    return (this.#variables ??= variablesOf(this));
  }
}

/** What is known of the body without reading it: nothing becomes of a delete or a read, nothing was before a create. */
function impliedBy(request: GuardedRequest): BodyFacts {
  if (request.kind === 'nonResource') return { object: null, oldObject: null };
  if (request.verb === 'proxy' || opened.has(request.subresource)) return { object: null };
  if (request.verb === 'create') return { oldObject: null };
  return changing.has(request.verb) ? {} : { object: null };
}

const changing = new Set(['update', 'patch']);

function execFactsOf(argv: readonly string[]): ExecFacts {
  // Attach and port-forward have no words, and start nothing.
  const unfolded =
    argv.length === 0 ? { commands: [], interactive: false, opaque: false } : unfoldArgv(argv);
  return { ...unfolded, transfers: fileTransfersOf(unfolded) };
}

/** The variables of `when`. One that is not known is left out, so that naming it fails. */
function variablesOf({ call, facts, exec }: CallInView): CelVariables {
  const { agent, grant, connection } = call;
  return {
    request: requestVariables(call),
    agent: {
      ...{ kind: agent.kind, issuer: agent.issuer, subject: agent.subject },
      ...{ groups: [...agent.groups], owner: agent.owner ?? '', email: agent.email ?? '' },
      ...(agent.claims !== undefined && { claims: toCelValue(agent.claims) }),
    },
    connection: {
      ...{ name: connection.name, environment: connection.environment },
      labels: new Map(Object.entries(connection.labels)),
    },
    grant: {
      ...{ id: grant.grantId, action: grant.action ?? '', policy: grant.policy },
      ...{ ticket: grant.ticket ?? '', reason: grant.reason, approvers: [...grant.approvers] },
      ...{ startsAt: grant.startsAt, endsAt: grant.endsAt },
    },
    ...execVariables(call, exec),
    now: call.now,
    ...(facts.object !== undefined && { object: toCelValue(facts.object) }),
    ...(facts.oldObject !== undefined && { oldObject: toCelValue(facts.oldObject) }),
  };
}

/** Empty where nothing is opened, so that rules may ask everywhere; left out where it should be known and is not. */
function execVariables({ request, exec: given }: GuardedCall, exec: ExecFacts) {
  const isExec = request.kind === 'resource' && request.subresource === 'exec';
  if (given === undefined && isExec) return {};
  const { argv = [], container = '', tty = false, stdin = false } = given ?? {};
  const { interactive, opaque } = exec;
  const programs = exec.commands.map(({ program }) => program);
  return { exec: { argv: [...argv], container, tty, stdin, programs, interactive, opaque } };
}

function requestVariables({ request, contentType, query }: GuardedCall) {
  const values = new Map<string, string[]>();
  for (const [key, value] of query) values.set(key, [...(values.get(key) ?? []), value]);
  const judged = { verb: judgedVerb(request), subresource: judgedSubresource(request) };
  if (request.kind === 'nonResource') {
    return { ...noResource, ...judged, path: request.path, contentType, query: values };
  }
  const { apiGroup, apiVersion, resource, namespace, name, dryRun, fieldManager } = request;
  return {
    ...{ ...judged, apiGroup, apiVersion, resource, namespace, name, dryRun, fieldManager },
    ...{ path: '', contentType, query: values },
  };
}

const noResource = {
  ...{ apiGroup: '', apiVersion: '', resource: '', namespace: '', name: '' },
  ...{ dryRun: false, fieldManager: '' },
};
