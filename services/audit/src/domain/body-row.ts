import type { BodyObject, CommandBody } from '@drawbridge/contracts';
import { isKeptInstant } from './kept-instant.js';
import type { PlacedLine } from './placed-line.js';
import { receivedAt } from './received-at.js';

/** A row of the table `bodies`, as it is read. */
export interface BodyColumns {
  readonly command_id: string;
  readonly received_at: string;
  readonly direction: string;
  readonly connection: string;
  readonly at: string;
  readonly content_type: string;
  readonly content_encoding: string;
  readonly bytes: number;
  readonly sha256: string;
  readonly encoding: string;
  readonly content: string;
  readonly objects: readonly BodyObject[];
  readonly cut: string;
  readonly kept: number | null;
  readonly positions: readonly number[];
  readonly check: number;
  readonly raw: string;
}

/** One body as a row; a line that the columns do not give back byte for byte stays beside them. */
export function bodyRow(body: CommandBody, { position, check, text }: PlacedLine): BodyColumns {
  const row = {
    command_id: body.commandId.toLowerCase(),
    received_at: receivedAt(body.commandId),
    direction: body.direction,
    connection: body.connection,
    at: body.at,
    content_type: body.contentType,
    content_encoding: body.contentEncoding ?? '',
    bytes: body.bytes,
    sha256: body.sha256,
    encoding: body.encoding,
    content: body.content,
    objects: body.objects ?? [],
    cut: body.cut ?? '',
    kept: body.kept ?? null,
    positions: [position],
    check,
    raw: '',
  };
  const isExact = isKeptInstant(row.at) && writtenBody(row) === text;
  return isExact ? row : { ...row, raw: text };
}

/** The bytes, as text, of the line of a body. */
export const bodyLine = (row: BodyColumns): string => (row.raw === '' ? writtenBody(row) : row.raw);

const writtenBody = (row: BodyColumns): string =>
  JSON.stringify({
    type: 'CommandBody',
    commandId: row.command_id,
    connection: row.connection,
    at: row.at,
    direction: row.direction,
    contentType: row.content_type,
    contentEncoding: row.content_encoding === '' ? undefined : row.content_encoding,
    bytes: row.bytes,
    sha256: row.sha256,
    encoding: row.encoding,
    content: row.content,
    objects: row.objects.length === 0 ? undefined : row.objects.map(objectOf),
    cut: row.cut === '' ? undefined : row.cut,
    kept: row.kept ?? undefined,
  });

const objectOf = ({ sha256, bytes }: BodyObject): BodyObject => ({ sha256, bytes });
