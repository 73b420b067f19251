import type { LoggerService } from '@nestjs/common';
import { watchConfiguration } from '@drawbridge/configuration';
import { peopleOf, type People } from '@drawbridge/people';

export interface FollowedPeople {
  /** By the configuration in force. */
  current(): People;
  close(): Promise<void>;
}

/**
 * Follows who the people of a configuration are, and who takes turns.
 *
 * @throws {@link ConfigurationError} when the directory cannot be used at the start; later that is only logged
 */
export async function followPeople(
  directory: string,
  logger: LoggerService,
): Promise<FollowedPeople> {
  let people: People | undefined;
  const watcher = await watchConfiguration(directory, {
    only: ['Human', 'Schedule'],
    onChange: ({ humans, schedules, version }) => {
      people = peopleOf(humans, schedules);
      logger.log({ msg: 'people reloaded', humans: humans.length, version });
    },
    onError: (error) => {
      logger.error({ msg: 'people not reloaded', err: error });
    },
  });
  const { humans, schedules } = watcher.current;
  const atStart = peopleOf(humans, schedules);
  return { current: () => people ?? atStart, close: () => watcher.close() };
}
