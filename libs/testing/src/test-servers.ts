import { existsSync } from 'node:fs';
import { containerImages } from './container-images.js';

/** Where the real servers of integration tests come from. */
export type TestServers = 'docker' | 'native';

interface Surroundings {
  /** `docker` or `native` forces one; anything else is an error, absent lets the engine decide. */
  readonly wanted: string | undefined;
  /** Whether there is an engine, and whether it has or gets images: one that cannot pull is of no use. */
  readonly dockerServes: () => Promise<boolean>;
}

/**
 * The rule: a Docker engine that has the released images gives containers; otherwise the native binaries and
 * the in-process engine do. `DRAWBRIDGE_TEST_SERVERS` forces one of the two.
 */
export async function chooseTestServers({
  wanted,
  dockerServes,
}: Surroundings): Promise<TestServers> {
  if (wanted === 'docker' || wanted === 'native') return wanted;
  if (wanted !== undefined && wanted !== '') {
    throw new TypeError(`DRAWBRIDGE_TEST_SERVERS is "${wanted}", expected "docker" or "native"`);
  }
  return (await dockerServes()) ? 'docker' : 'native';
}

let chosen: Promise<TestServers> | undefined;

/** The choice for this process, made and printed once. */
export function testServers(): Promise<TestServers> {
  chosen ??= chooseTestServers({
    wanted: process.env['DRAWBRIDGE_TEST_SERVERS'],
    dockerServes,
  }).then((servers) => {
    const why = servers === 'docker' ? 'containers' : 'native binaries and in-process engines';
    process.stderr.write(`test servers: ${servers} (${why})\n`);
    return servers;
  });
  return chosen;
}

async function dockerServes(): Promise<boolean> {
  // Without an address there is nothing to ask, and loading testcontainers takes a second.
  const addressed = process.env['DOCKER_HOST'] !== undefined || existsSync('/var/run/docker.sock');
  if (!addressed) return false;
  const { getContainerRuntimeClient, ImageName } = await import('testcontainers');
  try {
    const { image } = await getContainerRuntimeClient();
    // The smallest of them stands for all.
    const name = ImageName.fromString(containerImages.nats);
    if (!(await image.exists(name))) await image.pull(name);
    return true;
  } catch (error) {
    const why = error instanceof Error ? error.message : 'it does not answer';
    process.stderr.write(`test servers: the Docker engine is of no use here: ${why}\n`);
    return false;
  }
}
