import type { Identifier } from './identifier.js';

/** What every server has to do. */
const KNOWN =
  /^\s*(CREATE (?:DATABASE|TABLE|MATERIALIZED VIEW|VIEW) IF NOT EXISTS|CREATE OR REPLACE VIEW|ALTER TABLE) (\S+)/;
/** One server does it, and the others get the rows. */
const ROWS = /^\s*INSERT INTO /;

/**
 * A statement that makes or alters the schema as a cluster wants it: done on all of its servers, with engines that
 * replicate. What comes to one of them, the others get by themselves; where in the keeper is for the servers to say
 * (`default_replica_path`). Without a cluster the statement stays as it is.
 *
 * @throws TypeError for a statement of another kind, which is a mistake in a migration
 */
export function onCluster(statement: string, cluster: Identifier | undefined): string {
  if (cluster === undefined || ROWS.test(statement)) return statement;
  if (!KNOWN.test(statement)) throw new TypeError(`not made for clusters: ${statement}`);
  return statement
    .replace(KNOWN, (_, what: string, name: string) => `${what} ${name} ON CLUSTER ${cluster}`)
    .replace(/\bENGINE = (?=\w*MergeTree\b)/, 'ENGINE = Replicated')
    .replace('non_replicated_deduplication_window', 'replicated_deduplication_window');
}
