import type { Channel, ChannelObserver, Sender } from './channel-observer.js';

/** As much as any `Status` of an ended command has; the rest is not looked at. */
const MAX_BYTES = 16_384;

/** Reads how an exec or attach ended from its error channel, and tells the next observer everything. */
export class ExitStatus implements ChannelObserver {
  #text = '';
  #ended = false;

  constructor(private readonly next?: ChannelObserver) {}

  /** The cluster has said how the command ended. */
  get isKnown(): boolean {
    return this.#text !== '' || this.#ended;
  }

  /** `undefined` when it never started, or its end was not told in the way of v4 and later. */
  get exitCode(): number | undefined {
    const status = parsed(this.#text);
    if (valueOf(status, 'status') === 'Success') return 0;
    if (valueOf(status, 'reason') !== 'NonZeroExitCode') return undefined;
    const causes = valueOf(valueOf(status, 'details'), 'causes');
    if (!Array.isArray(causes)) return undefined;
    const cause: unknown = causes.find((candidate) => valueOf(candidate, 'reason') === 'ExitCode');
    const code = valueOf(cause, 'message');
    return typeof code === 'string' && /^\d{1,3}$/.test(code) ? Number(code) : undefined;
  }

  opened(channel: Channel): void {
    this.next?.opened(channel);
  }

  data(channel: Channel, from: Sender, bytes: Uint8Array): void {
    if (isStatus(channel, from) && this.#text.length < MAX_BYTES) {
      this.#text += Buffer.from(bytes).toString('utf8');
    }
    if (this.next?.wants(channel, from) === true) this.next.data(channel, from, bytes);
  }

  closed(channel: Channel, from: Sender, reset: boolean): void {
    if (isStatus(channel, from)) this.#ended = true;
    this.next?.closed(channel, from, reset);
  }

  wants(channel: Channel, from: Sender): boolean {
    return isStatus(channel, from) || this.next?.wants(channel, from) === true;
  }
}

const isStatus = ({ type, port }: Channel, from: Sender): boolean =>
  type === 'error' && port === undefined && from === 'cluster';

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function valueOf(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, key)
    ? Reflect.get(value, key)
    : undefined;
}
