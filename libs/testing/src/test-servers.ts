import { existsSync } from 'node:fs';

/** Where the real servers of integration tests come from. */
export type TestServers = 'docker' | 'native';

interface Surroundings {
  /** `docker` or `native` forces one; anything else is an error, absent lets the engine decide. */
  readonly wanted: string | undefined;
  readonly dockerAnswers: () => Promise<boolean>;
}

/**
 * The rule: a Docker engine that answers gives containers of the released images; otherwise the native
 * binaries and the in-process engine do. `DRAWBRIDGE_TEST_SERVERS` forces one of the two.
 */
export async function chooseTestServers({
  wanted,
  dockerAnswers,
}: Surroundings): Promise<TestServers> {
  if (wanted === 'docker' || wanted === 'native') return wanted;
  if (wanted !== undefined && wanted !== '') {
    throw new TypeError(`DRAWBRIDGE_TEST_SERVERS is "${wanted}", expected "docker" or "native"`);
  }
  return (await dockerAnswers()) ? 'docker' : 'native';
}

let chosen: Promise<TestServers> | undefined;

/** The choice for this process, made and printed once. */
export function testServers(): Promise<TestServers> {
  chosen ??= chooseTestServers({
    wanted: process.env['DRAWBRIDGE_TEST_SERVERS'],
    dockerAnswers,
  }).then((servers) => {
    const why = servers === 'docker' ? 'containers' : 'native binaries and in-process engines';
    process.stderr.write(`test servers: ${servers} (${why})\n`);
    return servers;
  });
  return chosen;
}

async function dockerAnswers(): Promise<boolean> {
  // Without an address there is nothing to ask, and loading testcontainers takes a second.
  const addressed = process.env['DOCKER_HOST'] !== undefined || existsSync('/var/run/docker.sock');
  if (!addressed) return false;
  const { getContainerRuntimeClient } = await import('testcontainers');
  return getContainerRuntimeClient().then(
    () => true,
    () => false,
  );
}
