import { z } from 'zod';
import { AccessEvent } from './access-event.js';
import { AuditTrailEvent } from './audit-events.js';
import { CommandRecord } from './command-record.js';
import { document, filePath, label } from './document.js';
import { HoldEvent } from './hold.js';
import { StopEvent } from './stop.js';

/** Streams that a sink may be told of. */
export const SINK_STREAMS = [
  'ACCESS',
  'HOLDS',
  'STOPS',
  'COMMANDS',
  'AUDIT',
  'CHECKPOINTS',
] as const;
export type SinkStream = (typeof SINK_STREAMS)[number];

const typesOf = (options: readonly { readonly shape: { readonly type: z.ZodLiteral<string> } }[]) =>
  options.map(({ shape }) => shape.type.value);

/** What went through a call, and not that it did: only for a sink that asks for it by name. */
export const PAYLOAD_TYPES: readonly string[] = ['CommandBody', 'SessionChunk'];

/** What stands on each of them, by type. */
export const sinkTypes: Readonly<Record<SinkStream, readonly string[]>> = {
  ACCESS: typesOf(AccessEvent.options),
  HOLDS: typesOf(HoldEvent.options),
  STOPS: typesOf(StopEvent.options),
  COMMANDS: [...typesOf(CommandRecord.options), ...PAYLOAD_TYPES],
  AUDIT: typesOf(AuditTrailEvent.options),
  CHECKPOINTS: ['CheckpointSigned', 'CheckpointTimestamped', 'SigningKeyNamed'],
};

const certificateAuthorityFile = filePath
  .optional()
  .describe('PEM; for an address with a private CA');

const clientCertificateFile = filePath
  .optional()
  .describe('PEM chain that we show; with `clientKeyFile`. Read for each delivery');
const clientKeyFile = filePath.optional().describe('PEM; with `clientCertificateFile`');

const OtlpTarget = z.strictObject({
  type: z.literal('otlp'),
  url: z
    .url({ protocol: /^https?$/ })
    .describe('Of the logs of an OpenTelemetry collector, e.g. https://collector:4318/v1/logs'),
  headers: z
    .array(
      z.strictObject({
        name: z
          .string()
          .max(128)
          .regex(/^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/, 'expected the name of a header'),
        valueFile: filePath.describe('Holds the value, e.g. `Bearer …`; read for each call'),
      }),
    )
    .max(16)
    .default([]),
  compression: z.enum(['gzip', 'none']).default('gzip'),
  certificateAuthorityFile,
  clientCertificateFile,
  clientKeyFile,
  allowInsecureHttp: z
    .boolean()
    .default(false)
    .describe('Only for a loopback address; refused for any other'),
});

const SyslogTarget = z.strictObject({
  type: z.literal('syslog'),
  host: z
    .string()
    .max(253)
    .regex(/^[A-Za-z0-9:]([A-Za-z0-9.:-]*[A-Za-z0-9])?$/, 'expected a name or an IP address'),
  port: z.int().min(1).max(65_535).default(6514),
  transport: z
    .enum(['tls', 'tcp'])
    .default('tls')
    .describe('tcp, which anybody on the way can read and change, is for a loopback address only'),
  certificateAuthorityFile,
  clientCertificateFile,
  clientKeyFile,
  facility: z.int().min(0).max(23).default(13).describe('13 is "log audit"'),
  hostname: z
    .string()
    .regex(/^[!-~]{1,255}$/, 'expected up to 255 printable characters without a space')
    .optional()
    .describe('HOSTNAME of the messages. Default: the name of the machine'),
  confirmation: z
    .enum(['close', 'none'])
    .default('close')
    .describe(
      'close: a batch counts as taken when the receiver has read to its end and closed. none: when it was sent',
    ),
});

const bucketName = z
  .string()
  .regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, 'expected the name of a bucket');

const S3Target = z.strictObject({
  type: z.literal('s3'),
  bucket: bucketName,
  prefix: z
    .string()
    .max(512)
    .regex(/^([A-Za-z0-9_=-][A-Za-z0-9._=-]*\/)*$/, 'expected names, each followed by "/"')
    .default(''),
  region: z
    .string()
    .regex(/^[a-z0-9-]{1,64}$/, 'expected a region')
    .default('us-east-1'),
  endpoint: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe('Of a store that is not Amazon; the bucket then stands in the path'),
  accessKeyIdFile: filePath
    .optional()
    .describe("Default: the identity of the service's surroundings, as AWS has them"),
  secretAccessKeyFile: filePath.optional(),
  intervalSeconds: z
    .int()
    .min(1)
    .max(3600)
    .default(60)
    .describe('How long records are gathered for one object, unless there are 4 MiB before'),
  certificateAuthorityFile,
  allowInsecureHttp: z
    .boolean()
    .default(false)
    .describe('Only for a loopback address; refused for any other'),
});

export const SinkTarget = z.discriminatedUnion('type', [OtlpTarget, SyslogTarget, S3Target]);
export type SinkTarget = z.infer<typeof SinkTarget>;
/** One kind of target, e.g. `SinkTargetOf<'otlp'>`. */
export type SinkTargetOf<Type extends SinkTarget['type']> = Extract<SinkTarget, { type: Type }>;

/** A system outside that is given a copy of the record. Read by audit. */
export const SinkDocument = document(
  'Sink',
  label,
  z.strictObject({
    streams: z.array(z.enum(SINK_STREAMS)).min(1).optional().describe('Default: all'),
    types: z
      .array(z.enum(Object.values(sinkTypes).flat()))
      .min(1)
      .optional()
      .describe(`Default: all of the streams but ${PAYLOAD_TYPES.join(' and ')}`),
    from: z
      .enum(['now', 'first'])
      .default('now')
      .describe('Where a sink begins that is new: at what happens next, or at the oldest there is'),
    to: SinkTarget,
  }),
);
export type SinkDocument = z.infer<typeof SinkDocument>;
