/**
 * What is wrong with a record.
 *
 * - `altered` - it is not what was sealed
 * - `dropped` - it was sealed and is not there
 * - `truncated` - the same, of everything behind some place
 * - `reordered` - it stands at the place of another
 * - `added` - it was never sealed there, or stands there twice
 * - `unsealed` - nothing says yet, or any more, whether it is right
 * - `checkpoint` - a checkpoint is forged, foreign, or does not follow the one before it
 * - `rolled_back` - a checkpoint that was kept elsewhere is not of this log: its past was changed
 * - `timestamp` - a timestamp proves nothing, or is of a checkpoint that is not of this log
 */
export const findingKinds = [
  'altered',
  'dropped',
  'truncated',
  'reordered',
  'added',
  'unsealed',
  'checkpoint',
  'rolled_back',
  'timestamp',
] as const;
export type FindingKind = (typeof findingKinds)[number];

export interface Finding {
  readonly kind: FindingKind;
  readonly stream: string;
  /** The message, or the first of several. */
  readonly sequence?: number;
  /** The last of several. */
  readonly to?: number;
  /** Line of the message, from 0. */
  readonly line?: number;
  /** Table and key of the row that the line stands in. */
  readonly row?: string;
  /** File and line. */
  readonly place?: string;
  /** In words. */
  readonly text: string;
}

/** Collects findings of one stream, as many as anybody reads. */
export class Findings {
  readonly #found: Finding[] = [];
  #count = 0;

  constructor(
    private readonly stream: string,
    private readonly most = 1_000,
  ) {}

  add(finding: Omit<Finding, 'stream'>): void {
    this.#count += 1;
    if (this.#found.length < this.most) this.#found.push({ stream: this.stream, ...finding });
  }

  get list(): readonly Finding[] {
    return this.#found;
  }

  /** All, also those that are not in the list. */
  get count(): number {
    return this.#count;
  }
}
