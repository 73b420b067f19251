import {
  SINK_STREAMS,
  sinkTypes,
  type SinkDocument,
  type SinkTargetOf,
} from '@drawbridge/contracts';
import { checkSecure, isLoopback } from './check-addresses.js';
import { entriesOf, error, type Check, type Entry, type Finding } from './entry.js';

/** Headers that our own client writes: another value would change what is a request and what is not. */
const OURS: ReadonlySet<string> = new Set([
  ...['accept', 'connection', 'content-encoding', 'content-length', 'content-type', 'expect'],
  ...['host', 'keep-alive', 'te', 'trailer', 'transfer-encoding', 'upgrade'],
]);

/** The record goes to the address that is written there, unread by anybody on the way, and some of it at all. */
export const checkSinks: Check = ({ entries }) => [
  ...entriesOf(entries, 'Sink').flatMap((entry) => [...checkTypes(entry), ...checkTarget(entry)]),
  ...checkPlaces(entriesOf(entries, 'Sink')),
];

/** Objects of two sinks have the same names: one would write over what the other has written. */
function checkPlaces(entries: readonly Entry<SinkDocument>[]): Finding[] {
  const taken = new Set<string>();
  return entries.flatMap((entry) => {
    const { to } = entry.document.spec;
    if (to.type !== 's3') return [];
    const place = JSON.stringify([to.endpoint ?? '', to.bucket, to.prefix]);
    if (taken.has(place)) {
      const message = 'another Sink writes to this bucket and prefix';
      return [error(entry, ['spec', 'to', 'prefix'], message)];
    }
    taken.add(place);
    return [];
  });
}

function checkTypes(entry: Entry<SinkDocument>): Finding[] {
  const { streams = SINK_STREAMS, types = [] } = entry.document.spec;
  return types.flatMap((type, index) =>
    streams.some((stream) => sinkTypes[stream].includes(type))
      ? []
      : [error(entry, ['spec', 'types', index], `"${type}" is on none of the "streams"`)],
  );
}

function checkTarget(entry: Entry<SinkDocument>): Finding[] {
  const { to } = entry.document.spec;
  switch (to.type) {
    case 'otlp':
      return [
        ...checkSecure(entry, ['spec', 'to', 'url'], to),
        ...checkHeaders(entry, to),
        ...checkClientCertificate(entry, to),
      ];
    case 'syslog':
      return checkSyslog(entry, to);
    case 's3':
      return checkS3(entry, to);
  }
}

function checkHeaders(entry: Entry, { headers }: SinkTargetOf<'otlp'>): Finding[] {
  const names = headers.map(({ name }) => name.toLowerCase());
  return names.flatMap((name, index) => {
    const path = ['spec', 'to', 'headers', index, 'name'];
    if (OURS.has(name)) return [error(entry, path, 'is a header that Drawbridge writes itself')];
    return names.indexOf(name) < index ? [error(entry, path, `"${name}" is there already`)] : [];
  });
}

function checkClientCertificate(entry: Entry, to: SinkTargetOf<'otlp'>): Finding[] {
  const fields = ['clientCertificateFile', 'clientKeyFile'] as const;
  const inVain = fields
    .filter((field) => to[field] !== undefined && !to.url.startsWith('https:'))
    .map((field) => error(entry, ['spec', 'to', field], 'is for an https address only'));
  return [...inVain, ...pair(entry, to, fields)];
}

function checkSyslog(entry: Entry, to: SinkTargetOf<'syslog'>): Finding[] {
  const path = (field: string) => ['spec', 'to', field];
  const host = to.host.includes(':') ? `[${to.host}]` : to.host;
  const tlsOnly = ['certificateAuthorityFile', 'clientCertificateFile', 'clientKeyFile'] as const;
  return [
    ...(to.transport === 'tcp' && !isLoopback(host)
      ? [error(entry, path('transport'), 'expected tls; tcp is for a loopback address only')]
      : []),
    ...tlsOnly
      .filter((field) => to.transport === 'tcp' && to[field] !== undefined)
      .map((field) => error(entry, path(field), 'is for "transport: tls" only')),
    ...pair(entry, to, ['clientCertificateFile', 'clientKeyFile']),
  ];
}

function checkS3(entry: Entry, to: SinkTargetOf<'s3'>): Finding[] {
  const { endpoint: url, allowInsecureHttp } = to;
  const secure =
    url === undefined
      ? []
      : checkSecure(entry, ['spec', 'to', 'endpoint'], { url, allowInsecureHttp });
  return [...secure, ...pair(entry, to, ['accessKeyIdFile', 'secretAccessKeyFile'])];
}

/** Two fields of which one is of no use alone. */
function pair<Field extends string>(
  entry: Entry,
  to: Readonly<Partial<Record<Field, string | undefined>>>,
  [one, other]: readonly [Field, Field],
): Finding[] {
  if ((to[one] === undefined) === (to[other] === undefined)) return [];
  const [there, missing] = to[one] === undefined ? [other, one] : [one, other];
  return [error(entry, ['spec', 'to', there], `needs "${missing}"`)];
}
