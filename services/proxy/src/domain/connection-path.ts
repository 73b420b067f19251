import { CallRefused } from './call-refused.js';

const PREFIX = '/connections/';
const name = /^[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?$/;

/**
 * Splits `/connections/<name>/<kubernetes path>` into connection and the target as the cluster would see it.
 * The prefix is compared byte for byte: no other spelling of it exists.
 *
 * @throws {@link CallRefused} `path_unknown`
 */
export function splitConnectionPath(target: string): { connection: string; target: string } {
  const end = endOfName(target);
  const connection = target.slice(PREFIX.length, end);
  if (!target.startsWith(PREFIX) || !name.test(connection)) {
    throw new CallRefused('path_unknown', 'expected a path that starts with /connections/<name>/');
  }
  const rest = target.slice(end);
  return { connection, target: rest.startsWith('/') ? rest : `/${rest}` };
}

/** Where the name ends: at the next slash, or where the query begins. */
function endOfName(target: string): number {
  for (let at = PREFIX.length; at < target.length; at += 1) {
    const unit = target[at];
    if (unit === '/' || unit === '?') return at;
  }
  return target.length;
}
