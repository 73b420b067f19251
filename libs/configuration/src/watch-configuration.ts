import { setTimeout as sleep } from 'node:timers/promises';
import type { Configuration } from './configuration.js';
import { findConfigurationFiles } from './configuration-files.js';
import { loadConfiguration, type LoadOptions } from './load-configuration.js';

const POLL_MS = 500;
const SETTLE_MS = 50;
/** A directory that never stands still is read as it is in the end. */
const MAX_SETTLE_ROUNDS = 10;

export interface WatchOptions extends LoadOptions {
  /**
   * Takes a newer configuration into use. When it throws, the configuration is refused: the one before
   * stays in force and the error is reported.
   */
  readonly onChange: (configuration: Configuration) => void | Promise<void>;
  /** Hears why the directory as it is now cannot be used; once per state of the directory. */
  readonly onError: (error: unknown) => void;
  /** How often the directory is looked at, in milliseconds. Default: 500. */
  readonly pollMs?: number;
}

export interface ConfigurationWatcher {
  /** The configuration in force: the last good one. */
  readonly current: Configuration;
  /** Why the directory as it is now is not in force; absent when it is. */
  readonly error: unknown;
  /** Stops looking; nothing is called after it resolves. */
  close(): Promise<void>;
}

/**
 * Loads a configuration directory and follows its changes, those of a mounted ConfigMap included, where a
 * symbolic link is swapped. A change is taken as a whole or not at all.
 *
 * Looks instead of listening: file system events get lost on network and overlay mounts, and a swapped
 * link does not raise any.
 *
 * @throws {@link ConfigurationError} when the directory cannot be used at the start
 */
export async function watchConfiguration(
  directory: string,
  options: WatchOptions,
): Promise<ConfigurationWatcher> {
  const first = await settle(directory);
  const watcher = new PollingWatcher(directory, options, {
    configuration: await loadConfiguration(directory, options),
    fingerprint: first,
  });
  watcher.start();
  return watcher;
}

class PollingWatcher implements ConfigurationWatcher {
  readonly #stopped = new AbortController();
  #fingerprint: string;
  #current: Configuration;
  #error: unknown;
  #running: Promise<void> = Promise.resolve();

  constructor(
    readonly directory: string,
    readonly options: WatchOptions,
    { configuration, fingerprint }: { configuration: Configuration; fingerprint: string },
  ) {
    this.#current = configuration;
    this.#fingerprint = fingerprint;
  }

  get current(): Configuration {
    return this.#current;
  }

  get error(): unknown {
    return this.#error;
  }

  start(): void {
    this.#running = this.#run();
  }

  async close(): Promise<void> {
    this.#stopped.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopped;
    while (!signal.aborted) {
      await this.#look();
      await sleep(this.options.pollMs ?? POLL_MS, undefined, { signal, ref: false }).catch(
        () => undefined,
      );
    }
  }

  async #look(): Promise<void> {
    if ((await fingerprint(this.directory)) === this.#fingerprint) return;
    this.#fingerprint = await settle(this.directory);
    const loaded = await loadConfiguration(this.directory, this.options).then(
      (configuration) => ({ configuration }),
      (error: unknown) => ({ error }),
    );
    if ((await fingerprint(this.directory)) !== this.#fingerprint) {
      // It changed while it was read: what was read may be half of each. Look again.
      this.#fingerprint = '';
      return;
    }
    if (!this.#stopped.signal.aborted) await this.#take(loaded);
  }

  async #take(loaded: { configuration: Configuration } | { error: unknown }): Promise<void> {
    try {
      if ('error' in loaded) throw loaded.error;
      const { configuration } = loaded;
      if (configuration.version !== this.#current.version) {
        await this.options.onChange(configuration);
      }
      this.#current = configuration;
      this.#error = undefined;
    } catch (error) {
      this.#error = error;
      this.options.onError(error);
    }
  }
}

/** Waits until the directory stands still, so that a change of several files is seen as one. */
async function settle(directory: string): Promise<string> {
  let last = await fingerprint(directory);
  for (let round = 0; round < MAX_SETTLE_ROUNDS; round += 1) {
    await sleep(SETTLE_MS);
    const next = await fingerprint(directory);
    if (next === last) return next;
    last = next;
  }
  return last;
}

async function fingerprint(directory: string): Promise<string> {
  const { files, problems } = await findConfigurationFiles(directory);
  return JSON.stringify([files.map((file) => file.fingerprint), problems]);
}
