import { readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';

const POLL_MS = 25;

/** Resolves with the client port once the server takes connections and JetStream is up. */
export async function natsReady(
  storeDirectory: string,
  pid: number,
  signal: AbortSignal,
): Promise<number> {
  for (;;) {
    signal.throwIfAborted();
    const port = await portOf(join(storeDirectory, `nats-server_${pid}.ports`));
    if (port !== undefined && (await hasJetStream(port))) return port;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

/** The server writes `{"nats":["nats://127.0.0.1:4222"],…}` once it listens. */
async function portOf(portsFile: string): Promise<number | undefined> {
  const text = await readFile(portsFile, 'utf8').catch(() => '');
  const port = /"(?:nats|tls):\/\/[^"]*:(\d+)"/.exec(text)?.[1];
  return port === undefined ? undefined : Number(port);
}

/** A NATS server greets with `INFO {…}`, one line. */
function hasJetStream(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port });
    let greeting = '';
    const answer = (ready: boolean) => {
      socket.destroy();
      resolve(ready);
    };
    socket.setTimeout(1_000, () => answer(false));
    socket.on('error', () => answer(false));
    socket.on('data', (chunk) => {
      greeting += chunk.toString('utf8');
      if (greeting.includes('\r\n')) answer(/"jetstream":\s*true/.test(greeting));
    });
  });
}
