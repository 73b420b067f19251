import { DEMO_CONNECTION } from './demo-configuration.js';
import type { Addresses } from './topology.js';

export interface RunningDemo {
  readonly addresses: Addresses;
  readonly identityProvider: { readonly issuer: string };
}

/**
 * What a person can do now, in which terminal, as whom.
 *
 * @param shells - file to source, by agent id or first name
 */
export function whatToTry(
  { addresses, identityProvider }: RunningDemo,
  shells: Readonly<Record<string, string>>,
): string {
  const as = (name: string): string => `source ${shells[name] ?? ''}`;
  return `
Everything keeps running. Press Ctrl-C here to end it.

Terminal 2: be the agent (agent-oncall)
   ${as('agent-oncall')}
   drawbridge login --client-id agent-oncall
   drawbridge kubeconfig --connection ${DEMO_CONNECTION} --use
   drawbridge request deployment/checkout --connection ${DEMO_CONNECTION} --action rollout-restart \\
     --namespace payments --duration 5m --reason 'readiness probe failing' --ticket INC-4211 --wait
   kubectl rollout restart deployment/checkout -n payments      # once granted
   kubectl get secret db -n payments                            # refused, and says what to ask for

Terminal 3: be the engineer on call (alice; dana owns the agent and is refused)
   ${as('alice')}
   drawbridge login            # opens a page of the demo's identity provider: choose Alice
   drawbridge approvals
   drawbridge approve <request id>

Terminal 4: be the auditor (bob)
   ${as('bob')}
   drawbridge login            # choose Bob
   drawbridge audit session <request id>    # one session as a story
   drawbridge audit commands
   drawbridge audit verify                  # nobody has changed the record

Addresses
   ingress            ${addresses.ingress}/openapi.json
   gateway            ${addresses.gateway}/connections/${DEMO_CONNECTION}
   identity provider  ${identityProvider.issuer}
`;
}
