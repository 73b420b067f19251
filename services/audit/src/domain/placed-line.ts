/** A line of a message, and what names it. */
export interface PlacedLine {
  /** See `position.ts`. */
  readonly position: number;
  /** CRC-32 of its bytes. */
  readonly check: number;
  readonly text: string;
}
