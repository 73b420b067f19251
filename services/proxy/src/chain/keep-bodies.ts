import type { Clock } from '@drawbridge/kernel';
import type { BodyKeeping } from '../bodies/body-keeping.js';
import { bodyPlan } from '../bodies/body-plan.js';
import { CallBodies } from '../bodies/call-bodies.js';
import { CallCut } from '../domain/call-cut.js';
import { readBody } from '../guard/held-body.js';
import type { RecordingRules } from '../recording/recording-rules.js';
import type { Upstream } from '../upstream/upstream.js';
import type { Allowed } from './authorize-call.js';
import type { Step } from './exchange.js';
import type { Guarded } from './guard-call.js';

export interface KeepBodiesParts {
  /** Of which calls bodies are kept. */
  readonly rules: Pick<RecordingRules, 'of'>;
  readonly bodies: BodyKeeping;
  /** Looks again at what was found out before the call waited. @throws what refuses it now */
  readonly recheck: (call: Allowed) => Promise<void>;
  readonly connections: { get(name: string): Upstream | undefined };
  readonly clock: Clock;
}

/**
 * Decides what is kept of the bodies of a call, and reads that of the request whole: what the cluster is asked to do is
 * on the record before it is asked. The cluster itself reads no more than the three mebibytes that may come.
 */
export const keepBodies =
  ({
    rules,
    bodies: keeping,
    recheck,
    connections,
    clock,
  }: KeepBodiesParts): Step<Guarded, Guarded> =>
  (next) => {
    const goOnLater = async (call: Guarded, bodies: CallBodies) => {
      const bytes = await readBody(call);
      await recheck(call);
      if (connections.get(call.connection) !== call.upstream) {
        throw new CallCut('connection_changed');
      }
      return next({ ...call, bodies, body: { kind: 'held', bytes }, awaitsContinue: false });
    };
    return (call) => {
      const { commandId, connection } = call;
      const plan = bodyPlan(call.kube, rules.of(connection));
      if (plan === undefined) return next(call);
      const bodies = new CallBodies({ ...keeping, commandId, connection, plan, clock });
      return call.body.kind === 'stream' ? goOnLater(call, bodies) : next({ ...call, bodies });
    };
  };
