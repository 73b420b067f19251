import type { Finding } from '@drawbridge/integrity';
import type { CheckedStream, RecordCheck } from '../integrity/check-record.js';
import { neutralise } from './neutralise.js';
import { table } from './table.js';

const SHOWN = 100;

/** What was verified, stream by stream, and what is wrong, one line each. */
export function verifyText({
  streams,
  findings,
  findingCount: count,
  session,
}: Omit<RecordCheck, 'chain' | 'taken'>): string {
  const lines = findings.slice(0, SHOWN).map((finding) => `${findingLine(finding)}\n`);
  const more = count > lines.length ? `… and ${count - lines.length} more\n` : '';
  const isNothing = streams.length === 0 && session === undefined;
  const whole = isNothing ? 'nothing is sealed yet\n' : wholeText(session);
  const verdict = count === 0 ? whole : `${count} found\n`;
  return `${streams.length === 0 ? '' : `${streamTable(streams)}\n`}${timestampLines(streams)}${lines.join('')}${more}${verdict}`;
}

const wholeText = (session: RecordCheck['session']): string =>
  session === undefined
    ? 'the record is what was sealed\n'
    : `session ${neutralise(session.accessRequestId)}: its ${session.files} files are what was taken out of the record\n`;

function timestampLines(streams: readonly CheckedStream[]): string {
  const lines = streams.flatMap(({ stream, timestamps }) => {
    if (timestamps === undefined) return [];
    const { last, without } = timestamps;
    const behind = without === 0 ? '' : `; ${without} checkpoint(s) behind it have none`;
    if (last === undefined) return [`${stream}: none of ${without} checkpoint(s) has a timestamp`];
    return [`${stream}: timestamped up to size ${last.size} by ${last.by} at ${last.at}${behind}`];
  });
  return lines.map((line) => `${neutralise(line)}\n`).join('');
}

const streamTable = (streams: readonly CheckedStream[]): string =>
  table(
    ['STREAM', 'VERIFIED', 'SEALED UP TO', 'LAST SEAL', 'NOT SEALED', 'NOT KEPT', 'GAPS', 'FOUND'],
    streams.map(({ stream, verified, last, unsealed, passedOver, gaps, findingCount }) => [
      stream,
      String(verified),
      last === undefined ? undefined : String(last.last),
      last?.at,
      String(unsealed),
      String(passedOver),
      String(gaps.reduce((sum, [from, to]) => sum + to - from + 1, 0)),
      String(findingCount),
    ]),
  );

function findingLine({ kind, stream, sequence, to, line, row, place, text }: Finding): string {
  const range = to === undefined ? sequence : `${sequence ?? ''}-${to}`;
  const where = [
    stream,
    range,
    line === undefined ? undefined : `line ${line}`,
    row === undefined ? undefined : `row ${row}`,
    place === undefined || text.startsWith(place) ? undefined : place,
  ].filter((part) => part !== undefined && part !== '');
  return neutralise(`${[kind.toUpperCase(), ...where].join(' ')}: ${text}`);
}
