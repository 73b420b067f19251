/** More than any size takes. */
const MAX_BEGUN = 256;

/** Reads the sizes of a terminal that a client sends, `{"Width":80,"Height":24}`, one behind the other. */
export class TerminalSizes {
  #begun = '';

  /** @returns the sizes that are complete now, as `80x24` */
  take(bytes: Uint8Array): readonly string[] {
    const text = this.#begun + Buffer.from(bytes).toString('latin1');
    const end = text.lastIndexOf('}') + 1;
    this.#begun = text.slice(end).slice(-MAX_BEGUN);
    return (text.slice(0, end).match(/\{[^{}]*\}/g) ?? []).flatMap((size) => {
      const [width, height] = [sideOf(size, 'Width'), sideOf(size, 'Height')];
      return width === undefined || height === undefined ? [] : [`${width}x${height}`];
    });
  }
}

const sideOf = (size: string, side: string): string | undefined =>
  new RegExp(`"${side}"\\s*:\\s*(\\d{1,5})(?!\\d)`).exec(size)?.[1];
