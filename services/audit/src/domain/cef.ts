import { exportedField } from './exported-field.js';
import type { ExportedRecord } from './exported-record.js';
import { recordSeverity, type RecordSeverity } from './record-severity.js';

/** 0 to 10, as ArcSight has them. */
const severities: Readonly<Record<RecordSeverity, number>> = {
  info: 3,
  notice: 5,
  warning: 7,
  alert: 10,
};

/** Lengths of the dictionary of CEF; what is longer is cut and ends in `…`. */
const MAX_LENGTH = 1023;
/** What a terminal or a reader would take for something else than a letter: control characters and changes of direction. */
const UNPRINTABLE = /[\p{Cc}\p{Bidi_Control}\p{Zl}\p{Zp}\p{Cs}]/gu;

type Pairs = readonly (readonly [key: string, value: string])[];

/** A record in ArcSight's Common Event Format, in one line. */
export function cef(record: ExportedRecord): string {
  const severity = severities[recordSeverity(record)];
  const name = record.type.replace(/(?<=[a-z])(?=[A-Z])/g, ' ');
  const header = ['CEF:0', 'Drawbridge', 'Drawbridge', '1', record.type, name, String(severity)];
  return `${header.map(headerField).join('|')}|${extension(pairsOf(record))}`;
}

const extension = (pairs: Pairs): string =>
  pairs
    .filter(([, value]) => value !== '')
    .map(([key, value]) => `${key}=${extensionValue(value)}`)
    .join(' ');

/** Of the header `|` and `\` are escaped, and it has no line breaks. */
const headerField = (value: string): string => printable(value).replace(/[\\|]/g, '\\$&');

/** Of values `=` and `\` are escaped. A line break could begin a message of its own: it is shown, not sent. */
const extensionValue = (value: string): string =>
  printable(value.length > MAX_LENGTH ? `${value.slice(0, MAX_LENGTH)}…` : value).replace(
    /[\\=]/g,
    '\\$&',
  );

const printable = (value: string): string =>
  value.replace(UNPRINTABLE, (found) => `<U+${codeOf(found)}>`);

const codeOf = (found: string): string =>
  (found.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');

function pairsOf(record: ExportedRecord): Pairs {
  const field = (path: string) => exportedField(record, path);
  return [
    ['rt', String(Date.parse(record.at))],
    ['externalId', field('commandId') || field('id')],
    ...(record.stream === 'COMMANDS' ? callPairs(record) : eventPairs(record)),
    ...custom('cn', [
      ['sequence', String(record.sequence)],
      ['line', String(record.line)],
      ['status', field('statusCode') || field('data.call.statusCode')],
    ]),
  ];
}

function callPairs(record: ExportedRecord): Pairs {
  const field = (path: string) => exportedField(record, path);
  const [query, subresource] = [field('query'), field('subresource')];
  return [
    ['act', field('decision.effect')],
    ['outcome', field('outcome') || (record.type === 'CommandRefused' ? 'refused' : '')],
    ['reason', field('decision.reason') || field('reason')],
    ['msg', field('decision.message')],
    ...source(field('clientAddress')),
    ['suser', field('agent.subject')],
    ['sourceServiceName', field('agent.issuer')],
    ['requestMethod', field('method')],
    ['request', query === '' ? field('path') : `${field('path')}?${query}`],
    ['requestClientApplication', field('userAgent')],
    ['in', field('requestBytes')],
    ['out', field('responseBytes')],
    ...custom('cs', [
      ['connection', field('connection')],
      ['grant', field('grantId')],
      ['rule', field('rule')],
      ['resource', field('resource') + (subresource === '' ? '' : `/${subresource}`)],
      ['namespace', field('namespace')],
      ['name', field('name')],
    ]),
    ...custom('flexString', [
      ['verb', field('verb')],
      ['hold', field('holdId')],
    ]),
  ];
}

function eventPairs(record: ExportedRecord): Pairs {
  const field = (path: string) => exportedField(record, path);
  const first = (...paths: readonly string[]): string => paths.map(field).find(Boolean) ?? '';
  return [
    ['act', record.type],
    ['reason', first('data.reason', 'data.request.reason', 'data.terms.reason')],
    ['suser', first('data.call.user', 'actor.id')],
    ['request', field('data.call.path')],
    ['requestClientApplication', field('data.call.userAgent')],
    ...custom('cs', [
      [
        'connection',
        first(
          'data.request.connection',
          'data.terms.connection',
          'data.call.connection',
          'data.target.connection',
          'data.connection',
        ),
      ],
      ['grant', first('data.grantId', 'data.call.grantId')],
      ['rule', field('data.call.rule')],
      ['aggregate', field('aggregateId')],
      [
        'agent',
        first(
          'data.requester.subject',
          'data.grantee.subject',
          'data.agent.subject',
          'data.subject',
        ),
      ],
      ['actorKind', field('actor.kind')],
    ]),
  ];
}

/** CEF has a field of its own for each family. */
const source = (address: string): Pairs => {
  const plain = address.replace(/^::ffff:(?=\d+\.)/, '');
  if (/^\d{1,3}(\.\d{1,3}){3}$/.test(plain)) return [['src', plain]];
  return address === ''
    ? []
    : [
        ['c6a2', address],
        ['c6a2Label', 'Source IPv6 Address'],
      ];
};

/** Fields that CEF leaves to the sender, each with its name beside it. */
const custom = (prefix: string, values: Pairs): Pairs =>
  values.flatMap(([label, value], index) =>
    value === ''
      ? []
      : [[`${prefix}${index + 1}Label`, label] as const, [`${prefix}${index + 1}`, value] as const],
  );
