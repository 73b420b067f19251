import type { CallHistory } from '../hold/call-history.js';
import type { Step } from './exchange.js';
import type { Guarded } from './guard-call.js';

export interface HoldCallParts {
  /** Parks a call until a human has let it through. @throws what refuses it */
  readonly park: (call: Guarded) => Promise<Guarded>;
  readonly history: Pick<CallHistory, 'note'>;
}

/** Parks calls that a guardrail holds until a human has decided; all others pass. */
export const holdCall =
  ({ park, history }: HoldCallParts): Step<Guarded, Guarded> =>
  (next) => {
    const goOn = (call: Guarded) => {
      history.note(call.grant, call.kube, call.receivedAt);
      return next(call);
    };
    return (call) => (call.guard.effect === 'hold' ? park(call).then(goOn) : goOn(call));
  };
