/** A service that was started: in its own process, or as one of several in the laptop process. */
export interface RunningService {
  readonly name: string;
  /** Where it can be reached, by purpose, e.g. `{ http: 'http://127.0.0.1:8080' }`. */
  readonly addresses: Readonly<Record<string, string>>;
  /** Stops taking work, lets work in progress finish (bounded) and closes everything it opened. */
  close(): Promise<void>;
}
