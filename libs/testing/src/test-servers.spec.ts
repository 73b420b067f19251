import { describe, expect, it } from 'vitest';
import { chooseTestServers } from './test-servers.js';

const answers = (answer: boolean) => () => Promise.resolve(answer);
const never = () => Promise.reject(new Error('must not be asked'));

describe('where real servers come from', () => {
  it.each([
    { wanted: undefined, docker: true, expected: 'docker' },
    { wanted: undefined, docker: false, expected: 'native' },
    { wanted: '', docker: false, expected: 'native' },
  ])('is $expected when Docker answers: $docker', async ({ wanted, docker, expected }) => {
    expect(await chooseTestServers({ wanted, dockerAnswers: answers(docker) })).toBe(expected);
  });

  it.each(['docker', 'native'])(
    'is %s when that is wanted, and nobody is asked',
    async (wanted) => {
      expect(await chooseTestServers({ wanted, dockerAnswers: never })).toBe(wanted);
    },
  );

  it('cannot be anything else', async () => {
    const choice = chooseTestServers({ wanted: 'podman', dockerAnswers: never });
    await expect(choice).rejects.toThrow('expected "docker" or "native"');
  });
});
