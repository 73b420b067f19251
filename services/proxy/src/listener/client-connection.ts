import { TokenMemo } from '@drawbridge/token';
import { RequestHeaders } from '../domain/request-headers.js';

/** A client's connection: what all calls on it have in common. */
export class ClientConnection {
  /** What the token of the last call came to: mostly it is also that of the next one. */
  readonly tokens = new TokenMemo();
  #headers: RequestHeaders | undefined;
  #shownKey: string | undefined | typeof unread = unread;

  /** @param readKey - what key the client has shown, see {@link ClientConnection.shownKey} */
  constructor(
    readonly remoteAddress: string,
    private readonly readKey: () => string | undefined = () => undefined,
  ) {}

  /**
   * Thumbprint of the client's own key, if it has shown one. Read once, and only when a grant is looked at that is
   * bound to a key: it costs more than all other checks of a call.
   */
  get shownKey(): string | undefined {
    if (this.#shownKey === unread) this.#shownKey = this.readKey();
    return this.#shownKey;
  }

  /**
   * Reads the headers of a request: once, for as long as all requests on the connection have the same ones.
   *
   * @param raw - name, value, name, value, … with every duplicate
   */
  headersOf(raw: readonly string[]): RequestHeaders {
    const last = this.#headers;
    if (last !== undefined && isSame(last.raw, raw)) return last;
    this.#headers = new RequestHeaders(raw);
    return this.#headers;
  }

  /** So that no token stands in memory for longer than it is of use. */
  forget(): void {
    this.tokens.forget();
    this.#headers = undefined;
  }
}

const unread = Symbol('unread');

function isSame(one: readonly string[], other: readonly string[]): boolean {
  if (one.length !== other.length) return false;
  for (let at = 0; at < one.length; at += 1) if (one[at] !== other[at]) return false;
  return true;
}
