import { CallRefused } from '../domain/call-refused.js';
import type { OpenGrant } from '../domain/open-grants.js';
import type { Allowed } from './authorize-call.js';
import type { Step } from './exchange.js';

/** Where it is noted that grants are used which end when they are not. */
export interface Activity {
  /** A call began; returns the function that says that it is over. Neither fails or waits. */
  begin(grant: OpenGrant): () => void;
  /** Resolves when it is noted that the grant is used; `undefined` when that was just now. */
  noted(grant: OpenGrant): Promise<void> | undefined;
}

/** From here on its grant is in use, also while the call waits for a human. Calls of other grants only pass. */
export const beginActivity =
  <Call extends Allowed>(activity: Activity): Step<Call, Call> =>
  (next) =>
  (call) => {
    if (keepsAwake(call)) call.ends.push(activity.begin(call.grant));
    return next(call);
  };

/** Makes no call that is not noted: so a grant that is used does not end for want of use. */
export const requireNoted =
  <Call extends Allowed>(activity: Activity): Step<Call, Call> =>
  (next) =>
  (call) => {
    const noted = keepsAwake(call) ? activity.noted(call.grant) : undefined;
    if (noted === undefined) return next(call);
    return noted.then(
      () => next(call),
      (cause: unknown) => {
        const message = 'that your grant is used could not be noted; try again';
        throw new CallRefused('grant_use_unnoted', message, { cause });
      },
    );
  };

/** Not discovery: clients do it on their own. */
const keepsAwake = ({ grant: { limits }, kube }: Allowed): boolean =>
  limits?.idleSeconds !== undefined && kube.kind !== 'nonResource';
