/** One event of a `text/event-stream`. */
export interface ServerEvent {
  readonly event?: string;
  readonly id?: string;
  readonly data: unknown;
}

/** Reads server-sent events from an open response, as an `EventSource` would. */
export class EventReader {
  readonly comments: string[] = [];
  readonly #reader: ReadableStreamDefaultReader<string>;
  #text = '';

  constructor(readonly response: Response) {
    if (response.body === null) throw new Error('the response has no body');
    this.#reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  }

  /** The next event, or `undefined` at the end of the stream. */
  async next(): Promise<ServerEvent | undefined> {
    for (;;) {
      const end = this.#text.indexOf('\n\n');
      if (end >= 0) {
        const block = this.#text.slice(0, end);
        this.#text = this.#text.slice(end + 2);
        const event = this.#parse(block);
        if (event !== undefined) return event;
        continue;
      }
      const { done, value } = await this.#reader.read();
      if (done) return undefined;
      this.#text += value;
    }
  }

  #parse(block: string): ServerEvent | undefined {
    const fields = new Map<string, string>();
    for (const line of block.split('\n')) {
      if (line.startsWith(':')) this.comments.push(line.slice(1).trim());
      const [, name, value] = /^(\w+): (.*)$/.exec(line) ?? [];
      if (name !== undefined && value !== undefined) fields.set(name, value);
    }
    const data = fields.get('data');
    if (data === undefined) return undefined;
    const [event, id] = [fields.get('event'), fields.get('id')];
    return {
      data: JSON.parse(data) as unknown,
      ...(event === undefined ? {} : { event }),
      ...(id === undefined ? {} : { id }),
    };
  }
}
