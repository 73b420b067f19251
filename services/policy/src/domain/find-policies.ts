import type { AccessRequestInput, Principal } from '@drawbridge/contracts';
import { breakGlassNotAllowed, breakGlassPolicies } from './break-glass.js';
import { suggestOneOf, type Denial } from './denial.js';
import {
  coversConnection,
  coversRequester,
  type Connection,
  type Policy,
  type PolicySet,
} from './policy-set.js';

/** The connection that is meant, and the policies that may judge a request for it. */
export interface Candidates {
  readonly connection: Connection;
  readonly policies: readonly Policy[];
}

/** Finds the policies for this requester and connection. */
export function findPolicies(
  { connection: name, breakGlass }: Pick<AccessRequestInput, 'connection' | 'breakGlass'>,
  requester: Principal,
  set: PolicySet,
): Candidates | Denial {
  const mine =
    breakGlass === undefined
      ? set.policies.filter((policy) => coversRequester(policy, requester))
      : breakGlassPolicies(requester, set);
  if (mine.length === 0) {
    return breakGlass === undefined ? notCovered(requester) : breakGlassNotAllowed('');
  }
  const reachable = set.connections
    .filter((connection) => mine.some((policy) => coversConnection(policy, connection)))
    .map((connection) => connection.name);
  const connection = set.connections.find((known) => known.name === name);
  if (connection === undefined) {
    return {
      code: 'connection_unknown',
      message: `there is no connection "${name}"`,
      ...suggestOneOf('connection', reachable),
    };
  }
  const policies = mine.filter((policy) => coversConnection(policy, connection));
  if (policies.length > 0) return { connection, policies };
  if (breakGlass !== undefined) return breakGlassNotAllowed(` on connection "${name}"`);
  return {
    code: 'connection_not_allowed',
    message: `no policy lets you ask for connection "${name}"`,
    ...suggestOneOf('connection', reachable),
  };
}

function notCovered({ kind, groups }: Principal): Denial {
  const who =
    groups.length === 0
      ? `${kind} in no group`
      : `${kind} in ${groups.map((group) => `"${group}"`).join(', ')}`;
  return {
    code: 'requester_not_covered',
    message: `no policy is for you: ${who}`,
    suggestion: 'Have yourself added to a group that a policy is for.',
  };
}
