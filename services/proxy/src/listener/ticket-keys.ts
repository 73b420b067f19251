import { randomBytes } from 'node:crypto';

/** Tickets made with an older key are good for nothing: whoever resumes with one makes a whole handshake. */
const ROTATE_MS = 6 * 3_600_000;

/** The key of TLS session tickets, renewed so that one that leaks opens little. Never stored. */
export class TicketKeys {
  #current = randomBytes(48);
  readonly #timer: NodeJS.Timeout;

  /** @param onRotate - told of every key but the first */
  constructor(onRotate: (keys: Buffer) => void) {
    this.#timer = setInterval(() => {
      this.#current = randomBytes(48);
      onRotate(this.#current);
    }, ROTATE_MS).unref();
  }

  get current(): Buffer {
    return this.#current;
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}
