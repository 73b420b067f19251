import type { BodyFacts, GuardDecision } from '@drawbridge/guardrails';
import type { Clock } from '@drawbridge/kernel';
import { CallRefused } from '../domain/call-refused.js';
import type { KubeRequest } from '../domain/kube-request.js';
import type { Negotiated } from '../chain/negotiate-channel.js';
import { CallUnderGuard, isDryRun, isJson, saysDryRunInBody } from './call-under-guard.js';
import type { GuardrailsInForce } from './guardrails-in-force.js';
import { readBody } from './held-body.js';
import { readJson } from './read-json.js';

/** The body of a request, as it will be forwarded. */
export type RequestBody =
  | { readonly kind: 'none' }
  /** It was not looked at, and flows as it comes. */
  | { readonly kind: 'stream' }
  /** Read whole, because it was judged: these bytes are forwarded and nothing else. */
  | { readonly kind: 'held'; readonly bytes: Buffer };

/** What guardrails say of a call, and the body on which they said it. */
export interface Verdict {
  readonly guard: GuardDecision;
  readonly body: RequestBody;
  /** Of a delete whose body says it: whether it was judged as a dry-run. */
  readonly dryRun?: boolean;
  /** What was found out for it. */
  readonly facts?: BodyFacts;
}

/** Finds out what rules look at in bodies and objects. */
export type FindFacts = (
  call: Negotiated,
  body: RequestBody,
  facts: ReadonlySet<keyof BodyFacts>,
) => Promise<BodyFacts>;

export interface CallGuardParts {
  readonly inForce: Pick<GuardrailsInForce, 'rails' | 'connection'>;
  readonly findFacts: FindFacts;
  readonly clock: Clock;
}

const none: RequestBody = { kind: 'none' };
const stream: RequestBody = { kind: 'stream' };

/** Asks the guardrails in force about calls that a grant allows. */
export class CallGuard {
  /** Calls that no rule is about, whoever makes them: by the target, which is the same object each time. */
  #quiet = new WeakMap<KubeRequest, GuardDecision>();
  #quietFor: string | undefined;

  constructor(private readonly parts: CallGuardParts) {}

  /**
   * Without a promise where no body is needed, which is the rule.
   *
   * @param known - the body, when it was read before: a call that has waited is asked about anew
   * @throws {@link CallRefused} when it cannot be judged, or its body cannot be read
   */
  ask(call: Negotiated, known?: RequestBody): Verdict | Promise<Verdict> {
    const quiet = this.#quietDecision(call.kube);
    if (quiet !== undefined) return { guard: quiet, body: known ?? unread(call) };
    if (!saysDryRunInBody(call)) return this.#judge(call, known ?? unread(call), isDryRun(call));
    return this.#judgeDelete(call, known ?? unread(call));
  }

  #quietDecision(kube: KubeRequest): GuardDecision | undefined {
    const { rails } = this.parts.inForce;
    if (this.#quietFor !== rails.version) {
      this.#quiet = new WeakMap();
      this.#quietFor = rails.version;
    }
    const known = this.#quiet.get(kube);
    if (known !== undefined || rails.about(kube).length > 0) return known;
    const decision: GuardDecision = { effect: 'allow', policyVersion: rails.version, matched: [] };
    this.#quiet.set(kube, decision);
    return decision;
  }

  /** The options of a delete stand in its body. */
  async #judgeDelete(call: Negotiated, body: RequestBody): Promise<Verdict> {
    const held = await this.#hold(call, body);
    const dryRun = held.kind === 'held' && isJson(call) && asksForDryRun(held.bytes);
    return { ...(await this.#judge(call, held, dryRun)), dryRun };
  }

  #judge(call: Negotiated, body: RequestBody, dryRun: boolean): Verdict | Promise<Verdict> {
    const { inForce, clock } = this.parts;
    const connection = inForce.connection(call.connection);
    // Gone with a change of the configuration that is under way.
    if (connection === undefined) throw cannotJudge('its connection is being reconfigured');
    const judgement = judged(() =>
      inForce.rails.judge(new CallUnderGuard(call, { connection, now: clock(), dryRun })),
    );
    if (judgement.kind === 'needsBody') return this.#judgeBody(call, body, judgement);
    const { decision: guard } = judgement;
    if (guard.effect !== 'hold' || body.kind !== 'stream') return { guard, body };
    return this.#hold(call, body).then((held) => ({ guard, body: held }));
  }

  async #judgeBody(
    call: Negotiated,
    body: RequestBody,
    {
      facts,
      decide,
    }: { facts: ReadonlySet<keyof BodyFacts>; decide: (facts: BodyFacts) => GuardDecision },
  ): Promise<Verdict> {
    const held = await this.#hold(call, body);
    const found = await this.parts.findFacts(call, held, facts);
    return { guard: judged(() => decide(found)), body: held, facts: found };
  }

  async #hold(call: Negotiated, body: RequestBody): Promise<RequestBody> {
    return body.kind === 'stream' ? { kind: 'held', bytes: await readBody(call) } : body;
  }
}

const unread = ({ request }: Negotiated): RequestBody =>
  request.announced === undefined ? none : stream;

/** `DeleteOptions` that certainly ask for a dry-run; of anything else a real delete must be expected. */
export function asksForDryRun(bytes: Buffer): boolean {
  const options = readJson(bytes);
  const isObject = typeof options === 'object' && options !== null && 'dryRun' in options;
  if (!isObject || !Array.isArray(options.dryRun)) return false;
  return options.dryRun.length === 1 && options.dryRun[0] === 'All';
}

function judged<Said>(ask: () => Said): Said {
  try {
    return ask();
  } catch (cause) {
    throw cannotJudge('the guardrails failed', cause);
  }
}

const cannotJudge = (why: string, cause?: unknown) =>
  new CallRefused('evaluation_failed', `the call could not be judged: ${why}`, { cause });
