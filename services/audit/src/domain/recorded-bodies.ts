import { SessionHeader, SessionChunk, type StoryRecording } from '@drawbridge/contracts';
import type { BodyColumns } from './body-row.js';

/** A body as far as it stands in its row. */
export interface InlineBody {
  readonly contentType: string;
  /** Absent when it stands in the object store, or is no text. */
  readonly text?: string;
  readonly cut?: string;
}

/** The bodies of one command, as far as they stand in their rows. */
export interface InlineBodies {
  readonly request?: InlineBody;
  readonly response?: InlineBody;
  readonly before?: InlineBody;
}

/** The bodies of each command, as far as they stand in their rows. */
export function inlineBodies(rows: readonly BodyColumns[]): ReadonlyMap<string, InlineBodies> {
  const found = new Map<string, InlineBodies>();
  for (const row of rows) {
    const known = found.get(row.command_id) ?? {};
    found.set(row.command_id, { ...known, [row.direction]: inlineBody(row) });
  }
  return found;
}

function inlineBody(row: BodyColumns): InlineBody {
  const isText = row.encoding === 'utf8' && row.content_encoding === '' && row.objects.length === 0;
  return {
    contentType: row.content_type,
    ...(isText ? { text: row.content } : {}),
    ...(row.cut === '' ? {} : { cut: row.cut }),
  };
}

/** What a recording is of, out of its first and last piece. */
export function storyRecording({
  chunks,
  header,
  ending,
}: {
  readonly chunks: number;
  readonly header: string;
  readonly ending: string;
}): StoryRecording {
  const first = SessionHeader.safeParse(header === '' ? undefined : JSON.parse(header));
  const last = SessionChunk.shape.final.safeParse(ending === '' ? undefined : JSON.parse(ending));
  const isWhole = last.data !== undefined && last.data.cut === undefined;
  return {
    kind: first.success ? first.data.kind : 'unknown',
    chunks,
    isWhole: isWhole && last.data?.chunks === chunks,
    ...(first.data?.argv === undefined ? {} : { argv: first.data.argv }),
  };
}
