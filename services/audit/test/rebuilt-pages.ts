import type { RebuiltMessagePage } from '@drawbridge/contracts';
import type { AuditStore } from '../src/clickhouse/select-page.js';
import { RebuiltRecord } from '../src/integrity/rebuilt-record.js';
import type { SealedStream } from '../src/integrity/sealed-streams.js';

/** All messages of a stream from a sequence on, as their rows give them back: what `audit verify --rows` is given. */
export async function* rebuiltPages(
  store: AuditStore,
  stream: SealedStream,
  from = 1,
): AsyncGenerator<RebuiltMessagePage> {
  const told = { storedUpTo: () => Promise.resolve(0), retentionDays: 400 };
  const record = new RebuiltRecord(store, told);
  for (let next: number | undefined = from; next !== undefined;) {
    const page: RebuiltMessagePage = await record.messages(stream, { from: next, limit: 500 });
    yield page;
    next = page.next;
  }
}
