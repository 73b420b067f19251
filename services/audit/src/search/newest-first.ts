import type { Position } from '../clickhouse/select-page.js';

interface Keyed {
  readonly received_at: string;
  readonly command_id: string;
}

export const positionOf = ({ received_at, command_id }: Keyed): Position => [
  received_at,
  command_id,
];

/** Whether the first is newer than the second, as the store sorts. */
export const isNewer = ([at, id]: Position, [otherAt, otherId]: Position): boolean =>
  at === otherAt ? id > otherId : at > otherAt;

/** More than one command can have of them. */
const BATCH = 64;

/** Rows of commands, newest first, loaded as they are asked for; those of one command together. */
export class NewestFirst<Row extends Keyed> {
  #rows: Row[] = [];
  #after: Position | undefined;
  #isEnd = false;

  /** @param load - so many rows from behind a command on, newest first */
  constructor(
    private readonly load: (after: Position | undefined, limit: number) => Promise<Row[]>,
    after: Position | undefined,
  ) {
    this.#after = after;
  }

  /** Of the next command. */
  async position(): Promise<Position | undefined> {
    if (this.#rows.length === 0 && !this.#isEnd) await this.#more();
    const [first] = this.#rows;
    return first && positionOf(first);
  }

  /** The rows of this command, when it is the next one. */
  take(position: Position): Row[] {
    const isOther = ({ command_id }: Row) => command_id !== position[1];
    const count = this.#rows.findIndex(isOther);
    return this.#rows.splice(0, count === -1 ? this.#rows.length : count);
  }

  /** What is loaded already, and not taken. */
  get waiting(): readonly Row[] {
    return this.#rows;
  }

  async #more(): Promise<void> {
    const rows = await this.load(this.#after, BATCH);
    this.#isEnd = rows.length < BATCH;
    const last = rows.at(-1);
    // Of the last one there may be more.
    this.#rows = this.#isEnd
      ? rows
      : rows.filter(({ command_id }) => command_id !== last?.command_id);
    const kept = this.#rows.at(-1);
    if (kept !== undefined) this.#after = positionOf(kept);
  }
}
