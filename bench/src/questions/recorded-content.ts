import { callsIn, type Part } from './recorded-commands.js';

/** Of so many calls one has a body that is kept, and of so many exec sessions one is recorded. */
const BODY_OF = 50;
const SESSION_OF = 100;
/** Pieces of one session. */
const PIECES = 4;

/** A word that is in the body, or in the session, of one command only. */
const word = (kind: string): string =>
  `concat('${kind}-', lower(hex(cityHash64(number, '${kind}'))))`;

/** About two kilobytes of JSON as an API server answers with. */
const BODY = `concat('{"kind":"Pod","apiVersion":"v1","metadata":{"name":"', name, '","namespace":"', namespace, '","uid":"',
  toString(command_id), '","annotations":{"trace":"', ${word('trace')}, '"}},"spec":{"containers":[{"image":"registry.corp.test/',
  name, ':', toString(number % 977), '"}]},"status":{"conditions":"',
  arrayStringConcat(arrayMap(x -> concat('condition ', toString(cityHash64(number, x) % 4096), ' of ', toString(x)), range(70)), ', '), '"}}')`;

/** A prompt, what was typed, and a screen of answers, in frames of a line. */
const FRAMES = `concat('[[0.1,"o","\\\\u001b[32m$\\\\u001b[0m kubectl logs ', if(piece = 1, ${word('typed')}, 'web'), '\\\\r\\\\n"]',
  arrayStringConcat(arrayMap(x -> concat(',[', toString(x), '.5,"o","line ', toString(cityHash64(number, piece, x)), ' of the log\\\\r\\\\n"]'), range(40))), ']')`;

/** Statements that insert bodies and recordings of a part of the commands. */
export const contentOf = (part: Part): readonly string[] => [
  `INSERT INTO ${part.database}.bodies (command_id, received_at, direction, connection, at, content_type, bytes, sha256, encoding, content, positions, check)
SELECT command_id, at AS received_at, 'response', connection, at, 'application/json', length(body), lower(hex(SHA256(body))), 'utf8', body,
  [toUInt64(number)], toUInt32(cityHash64(number, 'body'))
FROM (SELECT *, ${BODY} AS body FROM (${callsIn(part)}) WHERE number % ${BODY_OF} = 0 AND NOT refused)`,
  `INSERT INTO ${part.database}.session_chunks (command_id, received_at, chunk_index, connection, at, frames, text, header, ending, positions, check)
SELECT command_id, at AS received_at, piece, connection, at, ${FRAMES}, '',
  if(piece = 0, '{"version":1,"argv":["sh"],"tty":true,"stdin":true,"kind":"exec"}', ''),
  if(piece = ${PIECES - 1}, '{"chunks":${PIECES}}', ''), [toUInt64(number * ${PIECES} + piece)], toUInt32(cityHash64(number, piece))
FROM (${callsIn(part)}) ARRAY JOIN range(${PIECES}) AS piece
WHERE subresource = 'exec' AND NOT refused AND cityHash64(number, 'recorded') % ${SESSION_OF} = 0`,
];
