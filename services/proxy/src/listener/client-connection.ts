import { TokenMemo } from '@drawbridge/token';

/** A client's connection: what all calls on it have in common. */
export class ClientConnection {
  /** What the token of the last call came to: mostly it is also that of the next one. */
  readonly tokens = new TokenMemo();

  constructor(readonly remoteAddress: string) {}
}
