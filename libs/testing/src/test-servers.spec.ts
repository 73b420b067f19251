import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { containerImages } from './container-images.js';
import { chooseTestServers } from './test-servers.js';

const answers = (answer: boolean) => () => Promise.resolve(answer);
const never = () => Promise.reject(new Error('must not be asked'));

describe('where real servers come from', () => {
  it.each([
    { wanted: undefined, docker: true, expected: 'docker' },
    { wanted: undefined, docker: false, expected: 'native' },
    { wanted: '', docker: false, expected: 'native' },
  ])('is $expected when Docker serves: $docker', async ({ wanted, docker, expected }) => {
    expect(await chooseTestServers({ wanted, dockerServes: answers(docker) })).toBe(expected);
  });

  it.each(['docker', 'native'])(
    'is %s when that is wanted, and nobody is asked',
    async (wanted) => {
      expect(await chooseTestServers({ wanted, dockerServes: never })).toBe(wanted);
    },
  );

  it('cannot be anything else', async () => {
    const choice = chooseTestServers({ wanted: 'podman', dockerServes: never });
    await expect(choice).rejects.toThrow('expected "docker" or "native"');
  });
});

it.each(['nats', 'clickhouse'] as const)('the %s of the tests is that of compose', (name) => {
  const compose = readFileSync(new URL('../../../docker-compose.yml', import.meta.url), 'utf8');
  expect(compose).toContain(`image: ${containerImages[name]}\n`);
});
