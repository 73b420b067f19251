import { randomUUID } from 'node:crypto';
import type { AuditStore } from './select-page.js';

type Client = AuditStore['client'];

/**
 * The store for somebody who may go away: what they have asked ends then. A server is told so besides, since it goes on with
 * a query whose connection is closed; where it may not be told, the query ends at its bounds.
 */
export function storeFor(store: AuditStore, gone: AbortSignal): AuditStore {
  const { client } = store;
  const during = async <Result>(ask: (id: string) => Promise<Result>): Promise<Result> => {
    gone.throwIfAborted();
    const id = randomUUID();
    const end = () => {
      const query = `KILL QUERY WHERE query_id = '${id}' ASYNC`;
      // It ends by itself.
      client.command({ query }).catch(() => undefined);
    };
    gone.addEventListener('abort', end, { once: true });
    try {
      return await ask(id);
    } finally {
      gone.removeEventListener('abort', end);
    }
  };
  const reading: Pick<Client, 'query' | 'exec'> = {
    query: (parameters) =>
      during((id) => client.query({ ...parameters, query_id: id, abort_signal: gone })),
    exec: (parameters: Parameters<Client['exec']>[0]) =>
      during((id) => client.exec({ ...parameters, query_id: id, abort_signal: gone })),
  };
  return { ...store, client: Object.assign(Object.create(client) as Client, reading) };
}
