import { createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { freePort } from '../src/net/free-port.js';

describe('a free port', () => {
  it('is given to nobody else, also when nobody listens there', async () => {
    const ports = await Promise.all(Array.from({ length: 40 }, () => freePort()));
    expect(new Set(ports).size).toBe(ports.length);
  });

  it('is the preferred one, unless somebody listens there', async () => {
    const preferred = await freePort();
    expect(await freePort(preferred)).toBe(preferred);
    const server = createServer().listen(preferred, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    expect(await freePort(preferred)).not.toBe(preferred);
    await new Promise((resolve) => server.close(resolve));
  });

  it('is none that the system gives to whoever connects', async () => {
    expect(await freePort()).toBeLessThan(32_768);
  });
});
