import type { SessionFrame, SessionFrameCode, SessionHeader } from '@drawbridge/contracts';

/** What a terminal has when nobody says how large it is. */
const DEFAULT_SIZE = { cols: 80, rows: 24 };

export interface CastOptions {
  readonly header: SessionHeader;
  readonly startedAt: string;
  /** Of asciicast. */
  readonly version: 2 | 3;
  readonly title?: string;
}

/**
 * Makes asciicast of the frames of a recording, line by line, each with its line end: what asciinema plays. What it does
 * not know is told in its way: the error stream is output, bytes that are no text are replaced, and a session without
 * a terminal gets the returns that one would have made.
 *
 * @see https://docs.asciinema.org/manual/asciicast/v3/
 */
export class CastWriter {
  #lastMs = 0;

  constructor(private readonly options: CastOptions) {}

  /** @param first - the first frames, which tell the size when there is one */
  head(first: readonly SessionFrame[]): string {
    const { header, startedAt, version, title } = this.options;
    const { cols, rows } = sizeIn(first);
    const timestamp = Math.floor(Date.parse(startedAt) / 1_000);
    const command = header.argv?.join(' ');
    const about = {
      timestamp,
      ...(command !== undefined && { command }),
      ...(title !== undefined && { title }),
    };
    return lineOf(
      version === 2
        ? { version, width: cols, height: rows, ...about }
        : { version, term: { cols, rows }, ...about },
    );
  }

  /** @returns `''` for what has no place in this version */
  event([seconds, code, data]: SessionFrame): string {
    const { version, header } = this.options;
    const known = eventOf(code, data);
    if (known.code === 'x' && version === 2) return '';
    const text = known.code === 'o' && !header.tty ? withReturns(known.data) : known.data;
    return lineOf([this.#time(seconds), known.code, text]);
  }

  /** Since the beginning, or since the event before; never back. */
  #time(seconds: number): number {
    const ms = Math.max(this.#lastMs, Math.round(seconds * 1_000));
    const since = this.options.version === 2 ? ms : ms - this.#lastMs;
    this.#lastMs = ms;
    return since / 1_000;
  }
}

/** A whole recording as asciicast. */
export function castLines(
  frames: readonly SessionFrame[],
  options: CastOptions,
): readonly string[] {
  const cast = new CastWriter(options);
  return [cast.head(frames), ...frames.map((frame) => cast.event(frame))].filter(
    (line) => line !== '',
  );
}

const lineOf = (value: unknown): string => `${JSON.stringify(value)}\n`;

type CastCode = 'o' | 'i' | 'r' | 'm' | 'x';

const castCodes: Readonly<Record<SessionFrameCode, CastCode>> = {
  ...{ o: 'o', e: 'o', i: 'i', r: 'r', m: 'm', x: 'x' },
  ...{ o64: 'o', e64: 'o', i64: 'i' },
};

const eventOf = (code: SessionFrameCode, data: string) => ({
  code: castCodes[code],
  data: code.endsWith('64') ? Buffer.from(data, 'base64').toString('utf8') : data,
});

const withReturns = (text: string): string => text.replaceAll(/\r?\n/g, '\r\n');

function sizeIn(frames: readonly SessionFrame[]): typeof DEFAULT_SIZE {
  const size = frames.find(([, code]) => code === 'r')?.[2] ?? '';
  const [, cols, rows] = /^(\d{1,5})x(\d{1,5})$/.exec(size) ?? [];
  return cols === undefined || rows === undefined || Number(cols) * Number(rows) === 0
    ? DEFAULT_SIZE
    : { cols: Number(cols), rows: Number(rows) };
}
