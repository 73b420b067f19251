import { BlockedKind, isTimeZone } from '@drawbridge/contracts';
import { z } from 'zod';
import { instant, uuid, word, words } from './audit-filter.js';

/** How the answer is written. All but `json` give the whole answer in one piece. */
export const AnswerFormat = z.enum(
  ['json', 'jsonl', 'csv', 'parquet'],
  'expected json, jsonl, csv or parquet',
);
export type AnswerFormat = z.infer<typeof AnswerFormat>;

/** What every question is asked with. */
export const asked = {
  /** From this instant on. */
  since: instant.optional(),
  /** Before this instant. */
  until: instant.optional(),
  format: AnswerFormat.default('json'),
  /** Rows of one page; only in JSON. */
  limit: z
    .string()
    .regex(/^[0-9]{1,6}$/, 'expected a whole number from 1 to 1000')
    .transform(Number)
    .pipe(z.int().min(1, 'expected at least 1').max(1000, 'expected at most 1000'))
    .optional(),
  cursor: z.string().max(1000).optional(),
};
const chosen = {
  ...asked,
  /** Subject of the agent, or `<issuer>#<subject>`. */
  agent: word.optional(),
  connection: words.optional(),
};

/** What all questions have. */
export type QuestionFilter = z.infer<z.ZodObject<typeof asked>>;

/** Query of `GET /v1/audit/touched`. */
export const TouchedFilter = z.strictObject({
  ...chosen,
  /** `pods`, with all its subresources, or one of them: `pods/exec`. */
  resource: word,
  /** API group; default: whichever has such a resource. `core` is the one without a name. */
  group: word.transform((group) => (group === 'core' ? '' : group)).optional(),
  /** Without it: every object that is called so, in whichever namespace, or in none. */
  namespace: word.default(''),
  name: word,
});
export type TouchedFilter = z.infer<typeof TouchedFilter>;

/** Query of `GET /v1/audit/activity`. */
export const ActivityFilter = z.strictObject({
  ...chosen,
  agent: word,
  namespace: words.optional(),
  by: z.enum(['kind', 'day', 'grant'], 'expected kind, day or grant').default('kind'),
});
export type ActivityFilter = z.infer<typeof ActivityFilter>;

/** Query of `GET /v1/audit/blocked`. */
export const BlockedFilter = z.strictObject({
  ...chosen,
  kind: words
    .pipe(z.array(z.enum(BlockedKind.options, 'expected refused, denied, held, masked or cut')))
    .optional(),
  /** `<document>/<rule>` */
  rule: words.optional(),
  by: z.enum(['rule', 'call'], 'expected rule or call').default('rule'),
});
export type BlockedFilter = z.infer<typeof BlockedFilter>;

const WEEKDAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;
const HOURS = /^([01]\d|2[0-3]):([0-5]\d)-(?:([01]\d|2[0-3]):([0-5]\d)|24:00)$/;
const date = z.iso.date('expected a date such as 2026-12-25');

/** Query of `GET /v1/audit/off-hours`. */
export const OffHoursFilter = z.strictObject({
  ...chosen,
  timeZone: z
    .string()
    .max(64)
    .regex(/^[A-Za-z][A-Za-z0-9_+-]*(\/[A-Za-z0-9_+-]+){0,2}$/, {
      message: 'expected a time zone, e.g. Europe/Berlin',
      abort: true,
    })
    .refine(isTimeZone, { message: 'expected a time zone, e.g. Europe/Berlin' })
    .default('UTC'),
  /** Business days, as numbers from 1 for Monday. */
  days: words
    .pipe(z.array(z.enum(WEEKDAYS, 'expected mon, tue, wed, thu, fri, sat or sun')))
    .transform((days) => [...new Set(days)].map((day) => WEEKDAYS.indexOf(day) + 1))
    .default([1, 2, 3, 4, 5]),
  /** Business hours, as minutes of the day. Over midnight they belong to the day on which they begin. */
  hours: z
    .string()
    .regex(HOURS, 'expected hours such as 09:00-17:30')
    .transform((text) => {
      const [, fromHour, fromMinute, toHour = '24', toMinute = '0'] = HOURS.exec(text) ?? [];
      return {
        from: Number(fromHour) * 60 + Number(fromMinute),
        to: Number(toHour) * 60 + Number(toMinute),
      };
    })
    .default({ from: 540, to: 1020 }),
  /** Days that are none of business, where the hours are meant. */
  holidays: words.pipe(z.array(date)).optional(),
  /** Only what changed something. */
  changes: z
    .enum(['true', 'false'], 'expected true or false')
    .transform((text) => text === 'true')
    .default(false),
  by: z.enum(['agent', 'call'], 'expected agent or call').default('agent'),
});
export type OffHoursFilter = z.infer<typeof OffHoursFilter>;

/** Query of `GET /v1/audit/diff`. */
export const SessionDiffFilter = z.strictObject({
  ...asked,
  /** Two sessions: a grant, or its access request. */
  one: uuid,
  other: uuid,
  /** What two calls may differ in and still be of one kind. */
  ignore: words
    .pipe(z.array(z.enum(['namespace', 'name'], 'expected namespace or name')))
    .optional(),
});
export type SessionDiffFilter = z.infer<typeof SessionDiffFilter>;

/** Query of `GET /v1/audit/approvals`. */
export const ApprovalsFilter = z.strictObject({
  ...chosen,
  /** E-mail address or subject of whoever decided. */
  approver: word.optional(),
  by: z.enum(['person', 'request'], 'expected person or request').default('person'),
});
export type ApprovalsFilter = z.infer<typeof ApprovalsFilter>;

/** Query of `GET /v1/audit/unused`. */
export const UnusedFilter = z.strictObject({
  ...chosen,
  /** One, or several with commas. */
  grant: words.pipe(z.array(uuid)).optional(),
  policy: words.optional(),
  action: words.optional(),
});
export type UnusedFilter = z.infer<typeof UnusedFilter>;
