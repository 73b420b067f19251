/** A body of a call as the record has it: masked, as the client saw or sent it. */
export interface RecordedBody {
  readonly contentType: string;
  /** Absent when it was not looked up, because it is long, or is no text. */
  readonly text?: string;
  /** Bytes that are no text. */
  readonly base64?: string;
  /** Code of why not all of it is kept. */
  readonly cut?: string;
}

/** The bodies of one call. */
export interface RecordedBodies {
  readonly request?: RecordedBody;
  readonly response?: RecordedBody;
  /** The object as it was before a write. */
  readonly before?: RecordedBody;
}
