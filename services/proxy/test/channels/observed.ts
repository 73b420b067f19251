import type { Channel, ChannelObserver, Sender } from '../../src/channels/channel-observer.js';

/** What an observer was told, with data of one channel and side put together. */
export class Observed implements ChannelObserver {
  readonly told: string[] = [];
  readonly #data = new Map<string, Buffer[]>();

  opened({ id, type, port }: Channel): void {
    this.told.push(`opened ${id} ${type}${port === undefined ? '' : ` ${port}`}`);
  }

  data({ id, type }: Channel, from: Sender, bytes: Uint8Array): void {
    const key = `${id} ${type} ${from}`;
    this.#data.set(key, [...(this.#data.get(key) ?? []), Buffer.from(bytes)]);
  }

  closed({ id, type }: Channel, from: Sender, reset: boolean): void {
    this.told.push(`${reset ? 'reset' : 'closed'} ${id} ${type} ${from}`);
  }

  wants(): boolean {
    return true;
  }

  get texts(): Record<string, string> {
    return Object.fromEntries(
      [...this.#data].map(([key, chunks]) => [key, Buffer.concat(chunks).toString('latin1')]),
    );
  }
}
