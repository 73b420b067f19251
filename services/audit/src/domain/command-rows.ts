import { LineScanner, NEWLINE, TAB } from './line-scanner.js';
import { receivedAtText } from './received-at.js';
import {
  endColumns,
  scanEnd,
  scanRefusedStatus,
  scanStart,
  startColumns,
  type EndPlaces,
  type Places,
} from './scan-command.js';

/** Rows of one table as tab separated text. */
export interface TableText {
  readonly columns: readonly string[];
  readonly text: Uint8Array;
  readonly rows: number;
}

/** A line in the message it came in, and where that stands. */
export interface LineOfMessage {
  readonly bytes: Uint8Array;
  readonly from: number;
  readonly to: number;
  /** See `position.ts`. */
  readonly position: number;
  /** CRC-32 of the line. */
  readonly check: number;
}

/** A start as it stands in the scratch. */
interface Start extends Places {
  readonly from: number;
  to: number;
}

/** No line makes more text than twice its own, and this. */
const MOST_PER_LINE = 512;

/** What stands in a column of which nothing is said. */
const defaults: Readonly<Record<string, string>> = {
  decided_at: '\\N',
  hold_id: '\\N',
  access_request_id: '\\N',
  agent_groups: '[]',
  dry_run: '\\N',
  matched: '[]',
  rules: '[]',
  warnings: '[]',
};
const between = (from: string, to: string): Uint8Array => {
  const columns: readonly string[] = startColumns;
  const some = columns.slice(
    columns.indexOf(from) + 1,
    to === '' ? undefined : columns.indexOf(to),
  );
  const texts = some.map((column) => defaults[column] ?? '');
  return Buffer.from(to === '' ? ['', ...texts].join('\t') : ['', ...texts, ''].join('\t'));
};
const TO_CONNECTION = between('received_at', 'connection');
const TO_GRANT = between('connection', 'grant_id');
const TO_PLACE = Buffer.concat([between('grant_id', ''), Buffer.from('\t[]\t0\t')]);
const NO_END = Buffer.from('\\N\t\t\t0\t0\t0\t0\t\\N\t\\N\t\t[]\t0\n');

/**
 * The lines of a batch as rows of the table `commands`. Start and end of a command that came in one batch are one row
 * from the beginning: half the rows to store, and nothing to merge.
 */
export class CommandRows {
  readonly #scanner = new LineScanner();
  #scratch = Buffer.alloc(0);
  #rows = Buffer.alloc(0);
  /** Starts that wait for their end, by command id. */
  readonly #starts = new Map<string, Start>();
  readonly #ids: EndPlaces = { connectionAt: 0, grantAt: 0, commandAt: 0, columnsAt: 0 };
  #written = 0;
  #count = 0;
  #lastTime = '';
  #lastReceivedAt: string | undefined;

  /** Begins a batch of so many bytes in so many lines; what {@link finish} has given before is no longer there. */
  begin({ bytes, lines }: { readonly bytes: number; readonly lines: number }): void {
    const capacity = 2 * bytes + lines * MOST_PER_LINE;
    if (this.#rows.length < capacity) {
      this.#scratch = Buffer.allocUnsafeSlow(capacity);
      this.#rows = Buffer.allocUnsafeSlow(capacity);
    }
    this.#scanner.out = this.#scratch;
    this.#scanner.written = 0;
    this.#written = 0;
    this.#count = 0;
    this.#starts.clear();
  }

  /** Takes a line, unless it has not exactly the text that its record has: then it is left as it was before. */
  add(line: LineOfMessage): boolean {
    const scanner = this.#scanner;
    const before = scanner.written;
    scanner.bytes = line.bytes;
    scanner.at = line.from;
    scanner.end = line.to;
    // `{"type":"CommandE`
    const isEnd = line.bytes[line.from + 16] === 0x45;
    if (isEnd ? this.#addEnd(line) : this.#addStart(line)) return true;
    scanner.written = before;
    return false;
  }

  /** All rows. */
  finish(): TableText {
    for (const start of this.#starts.values()) this.#addAlone(start);
    const text = this.#rows.subarray(0, this.#written);
    return { columns: commandTextColumns, text, rows: this.#count };
  }

  #addStart({ position, check }: LineOfMessage): boolean {
    const scanner = this.#scanner;
    const from = scanner.written;
    const start: Start = { from, to: from, connectionAt: 0, grantAt: 0 };
    const scanned = scanStart(scanner, start, this.#receivedAt);
    if (scanned === undefined) return false;
    scanner.writePlace(position, check);
    scanner.writeByte(TAB);
    if (scanned === 'refused') return this.#addRefused(from);
    if (scanner.at !== scanner.end) return false;
    const id = this.#scratch.toString('latin1', from, from + UUID_LENGTH);
    // One that came twice in a batch: the second is a row of its own, as it is in another batch.
    const known = this.#starts.get(id);
    if (known !== undefined) this.#addAlone(known);
    start.to = scanner.written;
    this.#starts.set(id, start);
    return true;
  }

  #addRefused(from: number): boolean {
    const scanner = this.#scanner;
    if (!scanRefusedStatus(scanner) || scanner.at !== scanner.end) return false;
    scanner.writeText('\t[]\t0\n');
    this.#writePart(from, scanner.written);
    this.#count += 1;
    return true;
  }

  #addEnd({ position, check }: LineOfMessage): boolean {
    const scanner = this.#scanner;
    const ids = this.#ids;
    if (!scanEnd(scanner, ids)) return false;
    scanner.writePlace(position, check);
    scanner.writeByte(NEWLINE);
    const id = this.#scratch.toString('latin1', ids.commandAt, ids.commandAt + UUID_LENGTH);
    const start = this.#starts.get(id);
    if (start === undefined || !this.#isOf(start)) {
      if (!this.#writeIds()) return false;
    } else {
      this.#writePart(start.from, start.to);
      this.#starts.delete(id);
    }
    this.#writePart(ids.columnsAt, scanner.written);
    this.#count += 1;
    return true;
  }

  /** Whether start and end say the same where both say something: only then is one row as good as two. */
  #isOf({ connectionAt, grantAt }: Start): boolean {
    const ids = this.#ids;
    return (
      this.#isSame(connectionAt, ids.connectionAt, ids.grantAt) &&
      this.#isSame(grantAt, ids.grantAt, ids.commandAt)
    );
  }

  /** Whether what stands from `at` on is what stands from `from` to `to`, the tab at its end included. */
  #isSame(at: number, from: number, to: number): boolean {
    for (let index = 0; index < to - from; index += 1) {
      if (this.#scratch[at + index] !== this.#scratch[from + index]) return false;
    }
    return true;
  }

  /** The columns of a start that did not come with its end. */
  #writeIds(): boolean {
    const { connectionAt, grantAt, commandAt, columnsAt } = this.#ids;
    const received = this.#receivedAt(commandAt);
    if (received === undefined) return false;
    this.#writePart(commandAt, columnsAt);
    this.#write(Buffer.from(received));
    this.#write(TO_CONNECTION);
    this.#writePart(connectionAt, grantAt - 1);
    this.#write(TO_GRANT);
    this.#writePart(grantAt, commandAt - 1);
    this.#write(TO_PLACE);
    return true;
  }

  #addAlone({ from, to }: Start): void {
    this.#writePart(from, to);
    this.#write(NO_END);
    this.#count += 1;
  }

  #writePart(from: number, to: number): void {
    this.#written += this.#scratch.copy(this.#rows, this.#written, from, to);
  }

  #write(bytes: Uint8Array): void {
    this.#rows.set(bytes, this.#written);
    this.#written += bytes.length;
  }

  /** Of the id at this place of the scratch; undefined when it has no time. Many have the same millisecond. */
  readonly #receivedAt = (idAt: number): string | undefined => {
    if (this.#scratch[idAt + 14] !== VERSION_7) return undefined;
    const time = this.#scratch.toString('latin1', idAt, idAt + 13);
    if (time !== this.#lastTime) {
      this.#lastTime = time;
      this.#lastReceivedAt = receivedAtText(`${time}-7`);
    }
    return this.#lastReceivedAt;
  };
}

/** In the order of the text. */
const commandTextColumns: readonly string[] = [
  ...startColumns,
  ...['start_positions', 'start_check'],
  ...endColumns,
  ...['end_positions', 'end_check'],
];

const UUID_LENGTH = 36;
const VERSION_7 = 0x37;
