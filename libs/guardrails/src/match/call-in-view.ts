import { fileTransfersOf } from '../exec/file-transfer.js';
import { unfoldArgv } from '../exec/unfold-argv.js';
import { toCelValue } from '../cel/cel-value.js';
import type { CelVariables } from '../cel/cel-expression.js';
import { CostMeter } from '../cel/cost-meter.js';
import type { IndexedCall } from '../compiled-condition.js';
import type { BodyFacts, ExecFacts, GuardedCall } from '../guarded-call.js';

/** Subresources that open a channel or go through the cluster, whatever the method says. */
const opened = new Set(['exec', 'attach', 'portforward', 'proxy']);

/** The verb and subresource that rules are matched with. */
export interface JudgedAs {
  readonly verb: string;
  readonly subresource: string;
}

/** As everywhere in Drawbridge, opening a channel or a proxy is `create`, even when it comes as a GET. */
export function judgedAs(verb: string, subresource: string): JudgedAs {
  if (verb === 'proxy') return { verb: 'create', subresource: 'proxy' };
  return { verb: opened.has(subresource) ? 'create' : verb, subresource };
}

/** A call while it is judged: what more than one rule needs is made once. */
export class CallInView {
  readonly judged: JudgedAs;
  /** What the index is asked with. */
  readonly indexed: IndexedCall;
  readonly meter: CostMeter;
  #exec: ExecFacts | undefined;
  #variables: CelVariables | undefined;

  constructor(
    readonly call: GuardedCall,
    readonly facts?: BodyFacts,
    meter = new CostMeter(),
  ) {
    const { request } = call;
    const resource = request.kind === 'resource' ? request : undefined;
    this.judged = judgedAs(request.verb, resource?.subresource ?? '');
    this.indexed = {
      ...this.judged,
      kind: request.kind,
      apiGroup: resource?.apiGroup ?? '',
      resource: resource?.resource ?? '',
    };
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

function execFactsOf(argv: readonly string[]): ExecFacts {
  // Attach and port-forward have no words, and start nothing.
  const unfolded =
    argv.length === 0 ? { commands: [], interactive: false, opaque: false } : unfoldArgv(argv);
  return { ...unfolded, transfers: fileTransfersOf(unfolded) };
}

/** The variables of `when`. One that is not known is left out, so that naming it fails. */
function variablesOf({ call, facts, judged, exec }: CallInView): CelVariables {
  const { agent, grant, connection } = call;
  return {
    request: requestVariables(call, judged),
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
    exec: {
      ...{ argv: [...(call.exec?.argv ?? [])], container: call.exec?.container ?? '' },
      ...{ tty: call.exec?.tty ?? false, stdin: call.exec?.stdin ?? false },
      programs: exec.commands.map(({ program }) => program),
      ...{ interactive: exec.interactive, opaque: exec.opaque },
    },
    now: call.now,
    ...(facts?.object !== undefined && { object: toCelValue(facts.object) }),
    ...(facts?.oldObject !== undefined && { oldObject: toCelValue(facts.oldObject) }),
  };
}

function requestVariables({ request, contentType, query }: GuardedCall, judged: JudgedAs) {
  const values = new Map<string, string[]>();
  for (const [key, value] of query) values.set(key, [...(values.get(key) ?? []), value]);
  const onResource = request.kind === 'resource' ? request : undefined;
  return {
    ...{ verb: judged.verb, subresource: judged.subresource },
    ...{ apiGroup: onResource?.apiGroup ?? '', apiVersion: onResource?.apiVersion ?? '' },
    ...{ resource: onResource?.resource ?? '', namespace: onResource?.namespace ?? '' },
    ...{ name: onResource?.name ?? '', dryRun: onResource?.dryRun ?? false },
    ...{ fieldManager: onResource?.fieldManager ?? '', contentType, query: values },
    path: request.kind === 'nonResource' ? request.path : '',
  };
}
