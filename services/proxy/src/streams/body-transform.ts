/**
 * Changes the body of an answer on its way. It stands between the cluster's chunks and the relay, which writes what
 * comes out, with the client's back-pressure, and finds the frames of a watch in it.
 */
export interface BodyTransform {
  /**
   * Takes the next chunk. What it returns may be parts of the chunk; what it keeps it has copied.
   *
   * @returns what can go to the client now; nothing while it has to know more
   * @throws {@link CallRefused} when the body cannot be let through: then nothing more of it may be
   */
  push(chunk: Uint8Array): readonly Uint8Array[];
  /**
   * The body is over.
   *
   * @returns what it held back until now @throws {@link CallRefused} when it ended too early to be sure of it
   */
  end(): readonly Uint8Array[];
  /** Values that it has replaced so far, if it replaces any. */
  readonly masked?: number;
}

/** What of an answer's head says how its body is to be read. */
export interface AnswerHead {
  readonly statusCode: number;
  /** `''` when absent, as in the answer. */
  readonly contentType: string;
  readonly contentEncoding: string;
}

/**
 * Decides how the body of an answer is changed, from its head.
 *
 * @returns `undefined` when it passes as it is
 * @throws {@link CallRefused} when it cannot be let through at all
 */
export type TransformAnswer = (head: AnswerHead) => BodyTransform | undefined;

/** One behind the other: `second` sees what `first` lets through. */
export class BothTransforms implements BodyTransform {
  constructor(
    private readonly first: BodyTransform,
    private readonly second: BodyTransform,
  ) {}

  get masked(): number {
    return (this.first.masked ?? 0) + (this.second.masked ?? 0);
  }

  push(chunk: Uint8Array): readonly Uint8Array[] {
    return this.first.push(chunk).flatMap((piece) => this.second.push(piece));
  }

  end(): readonly Uint8Array[] {
    const rest = this.first.end().flatMap((piece) => this.second.push(piece));
    return [...rest, ...this.second.end()];
  }
}

/** Both of what two say of the same head. */
export const bothTransforms =
  (first: TransformAnswer, second: TransformAnswer): TransformAnswer =>
  (head) => {
    const [one, other] = [first(head), second(head)];
    return one === undefined || other === undefined
      ? (one ?? other)
      : new BothTransforms(one, other);
  };
