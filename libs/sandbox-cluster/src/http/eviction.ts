import { methodNotAllowed } from '../api-status.js';
import { objectAt } from '../json.js';
import { deleteObject } from '../registry/delete-object.js';
import type { ObjectKey } from '../registry/registry.js';
import type { ApiServer } from './api-server.js';
import type { Exchange } from './exchange.js';
import { deleteOptions, writeOptions } from './query-options.js';
import { readObjectBody } from './read-request-body.js';

/** Answers `pods/eviction`: a deletion, since the sandbox has no disruption budgets. */
export async function handleEviction(
  server: ApiServer,
  exchange: Exchange,
  key: ObjectKey,
): Promise<void> {
  if (exchange.method !== 'POST') throw methodNotAllowed();
  const body = (await readObjectBody(exchange)) ?? {};
  const options = deleteOptions(exchange, objectAt(body, 'deleteOptions'));
  deleteObject(server, key, {
    ...options,
    dryRun: options.dryRun || writeOptions(exchange).dryRun,
  });
  return exchange.send(201, {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Success',
    code: 201,
  });
}
