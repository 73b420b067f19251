import { setTimeout as delay } from 'node:timers/promises';
import { startEmbeddedClickHouse } from '@drawbridge/embedded';

const ENDLESS = `
  SELECT count() FROM numbers_mt(1000000000000000) WHERE NOT ignore(sipHash64(number))`;
const RUNNING = `
  SELECT query FROM system.processes
  WHERE query LIKE '%numbers_mt%' AND query NOT LIKE '%system.processes%'`;

/** Starts an engine, gives it a query without end, says so, and waits to be killed: `<directory>`. */
const [directory = ''] = process.argv.slice(2);
const engine = await startEmbeddedClickHouse({ directory });
const client = engine.createClient();
void client.command({ query: ENDLESS });
for (;;) {
  const answer = await client.query({ query: RUNNING, format: 'JSONEachRow' });
  if ((await answer.json()).length > 0) break;
  await delay(20);
}
console.log(`pid ${await engine.processId()}`);
setInterval(() => undefined, 60_000);
