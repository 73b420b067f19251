import { z } from 'zod';

const Int64 = z.string().regex(/^-?\d{1,19}$/);
const Nanos = z.string().regex(/^\d{1,20}$/);
/** One of them, and nothing else: the JSON form of a `oneof`. */
const Scalar = [
  z.strictObject({ stringValue: z.string() }),
  z.strictObject({ boolValue: z.boolean() }),
  z.strictObject({ intValue: Int64 }),
  z.strictObject({ doubleValue: z.number() }),
] as const;
const AnyValue = z.union([
  ...Scalar,
  z.strictObject({ arrayValue: z.strictObject({ values: z.array(z.union([...Scalar])) }) }),
]);
const Attributes = z.array(z.strictObject({ key: z.string().min(1), value: AnyValue }));

/** `ExportLogsServiceRequest`, as strict as a receiver could be: no field that the protocol does not have. */
export const OtlpRequest = z.strictObject({
  resourceLogs: z.array(
    z.strictObject({
      resource: z.strictObject({ attributes: Attributes }),
      scopeLogs: z.array(
        z.strictObject({
          scope: z.strictObject({ name: z.string() }),
          logRecords: z.array(
            z.strictObject({
              timeUnixNano: Nanos,
              observedTimeUnixNano: Nanos,
              severityNumber: z.int().min(1).max(24),
              severityText: z.string(),
              eventName: z.string().min(1),
              body: z.strictObject({ stringValue: z.string() }),
              attributes: Attributes,
            }),
          ),
        }),
      ),
    }),
  ),
});

export type OtlpLog = z.infer<
  typeof OtlpRequest
>['resourceLogs'][number]['scopeLogs'][number]['logRecords'][number];

/** The log records of a request; throws for anything that is not one. */
export const readOtlp = (text: string): readonly OtlpLog[] =>
  OtlpRequest.parse(JSON.parse(text)).resourceLogs.flatMap(({ scopeLogs }) =>
    scopeLogs.flatMap(({ logRecords }) => logRecords),
  );
