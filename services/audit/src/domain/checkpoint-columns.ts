/** A row of the table `checkpoints`. */
export interface CheckpointColumns {
  readonly stream: string;
  /** Of the message on `CHECKPOINTS`. */
  readonly sequence: number;
  readonly at: string;
  readonly tree_size: number;
  readonly first_sequence: number;
  readonly last_sequence: number;
  /** Base64, as in the note. */
  readonly root: string;
  /** Hex. */
  readonly link: string;
  readonly note: string;
  /** Base64 of what a time stamper answered; it comes later, in a message of its own. */
  readonly receipt?: string;
}
