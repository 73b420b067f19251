/** Whoever reads a connection. */
export interface BytesReader {
  read(bytes: Buffer): void;
}

/** Brings what comes on a connection to its reader, who is there only when the connection is. */
export class IncomingBytes {
  /** Something came before anybody could read it: an answer to nothing. */
  early = false;
  reader: BytesReader | undefined;

  readonly read = (bytes: Buffer): void => {
    if (this.reader === undefined) this.early = true;
    else this.reader.read(bytes);
  };
}
