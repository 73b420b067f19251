/**
 * Ports of 127.0.0.1 that the demo listens on when they are free; it takes others when they are not. A
 * spec compares them with what `apps/laptop/src/topology.ts` prefers.
 *
 * @type {readonly { port: number, part: string }[]}
 */
export const demoPorts = [
  { port: 7080, part: 'ingress' },
  { port: 7081, part: 'approvals' },
  { port: 7082, part: 'audit' },
  { port: 7083, part: 'policy' },
  { port: 7084, part: 'proxyHealth' },
  { port: 7443, part: 'gateway' },
];
