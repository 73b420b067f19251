import { startEmbeddedNats } from '@drawbridge/embedded';

/** Starts a server and waits to be killed: `<nats-server> <store directory>`. */
const [executable = '', storeDirectory = ''] = process.argv.slice(2);
const server = await startEmbeddedNats({ executable, storeDirectory });
console.log(`pid ${server.pid ?? 0}`);
setInterval(() => undefined, 60_000);
