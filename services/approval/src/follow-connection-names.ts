import type { LoggerService } from '@nestjs/common';
import { watchConfiguration, type Configuration } from '@drawbridge/configuration';
import type { Closers } from '@drawbridge/runtime';

/** The connections that there are; `undefined` where nobody knows. */
export type ConnectionNames = () => ReadonlySet<string> | undefined;

/**
 * Follows which connections there are, to tell a slip of the pen from a connection. A directory that cannot be used is
 * only logged: an order to raise bridges has to come through.
 */
export async function followConnectionNames(
  directory: string | undefined,
  logger: LoggerService,
  closers: Closers,
): Promise<ConnectionNames> {
  if (directory === undefined) return () => undefined;
  const onError = (err: unknown) => {
    logger.error({ msg: 'connections not known, names of them are not checked', err });
  };
  let names: ReadonlySet<string> | undefined;
  const take = ({ connections }: Configuration) => {
    names = new Set(connections.map(({ metadata }) => metadata.name));
  };
  try {
    const watcher = await watchConfiguration(directory, {
      only: ['Connection'],
      onChange: take,
      onError: (err) => {
        names = undefined;
        onError(err);
      },
    });
    closers.add(() => watcher.close());
    take(watcher.current);
  } catch (err) {
    onError(err);
  }
  return () => names;
}
