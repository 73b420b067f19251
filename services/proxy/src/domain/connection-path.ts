import { CallRefused } from './call-refused.js';

const pattern = /^\/connections\/([a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?)(\/[^?]*)?(\?.*)?$/s;

/**
 * Splits `/connections/<name>/<kubernetes path>` into connection and the target as the cluster would see it.
 * The prefix is compared byte for byte: no other spelling of it exists.
 *
 * @throws {@link CallRefused} `path_unknown`
 */
export function splitConnectionPath(target: string): { connection: string; target: string } {
  const [, connection, path = '/', query = ''] = pattern.exec(target) ?? [];
  if (connection === undefined) {
    throw new CallRefused('path_unknown', 'expected a path that starts with /connections/<name>/');
  }
  return { connection, target: `${path}${query}` };
}
