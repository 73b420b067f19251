import type { ExportedRecord } from './exported-record.js';
import { recordSeverity, type RecordSeverity } from './record-severity.js';

/** As `opentelemetry/proto/common/v1/common.proto` in its JSON form: 64-bit numbers are texts. */
type AnyValue =
  | { readonly stringValue: string }
  | { readonly boolValue: boolean }
  | { readonly intValue: string }
  | { readonly doubleValue: number }
  | { readonly arrayValue: { readonly values: readonly AnyValue[] } };

interface Attribute {
  readonly key: string;
  readonly value: AnyValue;
}

/** `ExportLogsServiceRequest` of the OpenTelemetry protocol. */
export interface OtlpLogs {
  readonly resourceLogs: readonly object[];
}

/** `SeverityNumber` of the log data model. */
const severityNumbers: Readonly<Record<RecordSeverity, number>> = {
  info: 9,
  notice: 10,
  warning: 13,
  alert: 17,
};

/** Fields of a command that OpenTelemetry has names for. */
const conventions: Readonly<Record<string, string>> = {
  method: 'http.request.method',
  path: 'url.path',
  statusCode: 'http.response.status_code',
  namespace: 'k8s.namespace.name',
  clientAddress: 'client.address',
  userAgent: 'user_agent.original',
  'agent.subject': 'user.id',
};

/** The whole record is in the body; attributes are there to be searched. */
const MAX_ATTRIBUTES = 96;
const MAX_DEPTH = 6;
const MAX_LENGTH = 1024;
const MAX_VALUES = 64;

/** One request with a log record for each of these. */
export const otlpLogs = (records: readonly ExportedRecord[], now: Date): OtlpLogs => ({
  resourceLogs: [
    {
      resource: { attributes: [attribute('service.name', 'drawbridge')] },
      scopeLogs: [
        { scope: { name: 'drawbridge.record' }, logRecords: records.map((one) => log(one, now)) },
      ],
    },
  ],
});

function log(record: ExportedRecord, now: Date): object {
  const severity = recordSeverity(record);
  return {
    timeUnixNano: nanos(Date.parse(record.at)),
    observedTimeUnixNano: nanos(now.getTime()),
    severityNumber: severityNumbers[severity],
    severityText: severity.toUpperCase(),
    eventName: `drawbridge.${record.type}`,
    body: { stringValue: record.text },
    attributes: [
      attribute('drawbridge.stream', record.stream),
      attribute('drawbridge.sequence', record.sequence),
      attribute('drawbridge.line', record.line),
      ...attributesOf(record.fields),
    ],
  };
}

const nanos = (ms: number): string => `${ms}000000`;

const attribute = (key: string, value: string | number): Attribute => ({
  key,
  value: scalar(value),
});

function attributesOf(fields: ExportedRecord['fields']): readonly Attribute[] {
  const found: Attribute[] = [];
  const add = (path: string, value: unknown, depth: number): void => {
    if (found.length >= MAX_ATTRIBUTES || value === null || value === undefined) return;
    if (typeof value === 'object' && !Array.isArray(value) && depth < MAX_DEPTH) {
      for (const [name, inner] of Object.entries(value)) {
        add(path === '' ? name : `${path}.${name}`, inner, depth + 1);
      }
      return;
    }
    found.push({ key: keyOf(path), value: Array.isArray(value) ? list(value) : scalar(value) });
  };
  add('', fields, 0);
  return found;
}

const keyOf = (path: string): string =>
  Object.hasOwn(conventions, path)
    ? (conventions[path] ?? path)
    : `drawbridge.${path}`.slice(0, MAX_LENGTH).toWellFormed();

function list(values: readonly unknown[]): AnyValue {
  const simple = values.every((value) => typeof value !== 'object' || value === null);
  if (!simple) return text(JSON.stringify(values));
  return { arrayValue: { values: values.slice(0, MAX_VALUES).map(scalar) } };
}

function scalar(value: unknown): AnyValue {
  if (typeof value === 'boolean') return { boolValue: value };
  if (typeof value === 'number') {
    return Number.isSafeInteger(value) ? { intValue: String(value) } : { doubleValue: value };
  }
  return text(typeof value === 'string' ? value : JSON.stringify(value));
}

const text = (value: string): AnyValue => ({
  stringValue: (value.length > MAX_LENGTH
    ? `${value.slice(0, MAX_LENGTH)}…`
    : value
  ).toWellFormed(),
});
