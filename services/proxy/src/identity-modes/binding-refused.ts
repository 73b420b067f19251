import { CallRefused } from '../domain/call-refused.js';

/** The call waits for Roles and bindings that are not there. `why` names nothing of the cluster. */
export const bindingUnavailable = (
  connection: string,
  why: string,
  options: ErrorOptions = {},
): CallRefused =>
  new CallRefused(
    'binding_unavailable',
    `the cluster of ${connection} does not hold the permissions of your grant at the moment: ${why}`,
    options,
  );
