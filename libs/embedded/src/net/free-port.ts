import { createSocket } from 'node:dgram';
import { createServer } from 'node:net';

/** Outside the ranges from which Linux (32768), macOS and Windows (49152) choose, so nobody is given one by chance. */
const [FIRST, LAST] = [18_000, 29_999];

/**
 * A loopback port for a part whose address others must know before it starts: `preferred` when nobody
 * listens on it, any free one otherwise. Any but the preferred is this process's until it ends: no other that asks here
 * is given it, so that a part may be killed and started again on its port.
 */
export async function freePort(preferred = 0): Promise<number> {
  if (preferred !== 0 && (await isFree(preferred))) return preferred;
  const count = LAST - FIRST + 1;
  const from = Math.floor(Math.random() * count);
  for (let tried = 0; tried < count; tried += 1) {
    const port = FIRST + ((from + tried) % count);
    if ((await isFree(port)) && (await reserve(port))) return port;
  }
  throw new Error(`no port between ${FIRST} and ${LAST} is free`);
}

/** Whether TCP may listen there. */
function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}

/** The UDP port of the same number serves as a lock, which the system takes away with the process. */
function reserve(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const lock = createSocket('udp4');
    lock.unref();
    lock.once('error', () => {
      lock.close();
      resolve(false);
    });
    lock.bind({ port, address: '127.0.0.1', exclusive: true }, () => resolve(true));
  });
}
