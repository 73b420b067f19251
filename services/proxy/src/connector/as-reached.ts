import type { ConnectionDocument } from '@drawbridge/contracts';

/**
 * What calls of a connection depend on: all of it but the tokens of its connectors, which are changed in the middle
 * of everything, and what only audit reads.
 */
export function asReached({ spec }: ConnectionDocument): unknown {
  return { ...spec, connector: spec.connector !== undefined, clusterAudit: undefined };
}
