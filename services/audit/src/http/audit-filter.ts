import { z } from 'zod';

/** One or several, with commas between. */
export const words = z
  .string()
  .max(2000)
  .transform((text) => text.split(','))
  .pipe(z.array(z.string().min(1).max(256)).max(20, 'expected at most 20, with commas between'));
export const word = z.string().min(1).max(2048);
export const instant = z.iso
  .datetime({ offset: true, error: 'expected an RFC 3339 time such as 2026-01-05T09:00:00Z' })
  .transform((text) => new Date(text).toISOString());
export const uuid = z.uuid('expected a UUID');

const STATUS = /^([1-5])(\d\d|xx)$/;
/** `403` is itself, `4xx` is 400 to 499. */
const statuses = words.pipe(
  z.array(
    z
      .string()
      .regex(STATUS, 'expected an HTTP status such as 403, or 4xx')
      .transform((text) => {
        const [, hundreds = '', rest = ''] = STATUS.exec(text) ?? [];
        return rest === 'xx'
          ? { from: Number(`${hundreds}00`), to: Number(`${hundreds}99`) }
          : { from: Number(text), to: Number(text) };
      }),
  ),
);

const paging = {
  order: z.enum(['asc', 'desc'], 'expected asc or desc').default('desc'),
  limit: z
    .string()
    .regex(/^[0-9]{1,6}$/, 'expected a whole number from 1 to 1000')
    .transform(Number)
    .pipe(z.int().min(1, 'expected at least 1').max(1000, 'expected at most 1000'))
    .default(100),
  cursor: z.string().max(1000).optional(),
};

const shared = {
  /** From this instant on. */
  since: instant.optional(),
  /** Before this instant. */
  until: instant.optional(),
  request: uuid.optional(),
  /** One, or several with commas. */
  grant: words.pipe(z.array(uuid)).optional(),
  /** Subject of the agent, or `<issuer>#<subject>`. */
  agent: word.optional(),
  connection: words.optional(),
};

/** Query of `GET /v1/audit/commands`. */
export const CommandFilter = z.strictObject({
  ...shared,
  namespace: words.optional(),
  verb: words.optional(),
  /** `pods`, with all its subresources, or one of them: `pods/log`. */
  resource: words.optional(),
  name: word.optional(),
  /** `allow` or `deny`, by whatever; `denied` by a guardrail, `held`, or with `masked` values in the answer. */
  decision: z
    .enum(
      ['allow', 'deny', 'denied', 'held', 'masked'],
      'expected allow, deny, denied, held or masked',
    )
    .optional(),
  /** Guardrails that were met, `<document>/<rule>`, whether they decided or not. */
  rule: words.optional(),
  hold: uuid.optional(),
  /** Version of the guardrails that judged it. */
  policy: words.optional(),
  reason: words.optional(),
  outcome: words
    .pipe(
      z.array(
        z.enum(
          ['in_flight', 'completed', 'cut', 'client_gone', 'upstream_failed', 'refused'],
          'expected in_flight, completed, cut, client_gone, upstream_failed or refused',
        ),
      ),
    )
    .optional(),
  status: statuses.optional(),
  ...paging,
});
export type CommandFilter = z.infer<typeof CommandFilter>;

/** Query of `GET /v1/audit/events`. `agent`, `grant` and `connection` select whole access requests. */
export const EventFilter = z.strictObject({
  ...shared,
  type: words.optional(),
  /** Who caused it: `<issuer>#<subject>`, or the name of a service. */
  actor: word.optional(),
  ...paging,
});
export type EventFilter = z.infer<typeof EventFilter>;

/** Query of `GET /v1/audit/stops`. `agent` and `connection` select what was raised by name, releases included. */
export const StopFilter = z.strictObject({
  since: shared.since,
  until: shared.until,
  agent: shared.agent,
  connection: shared.connection,
  type: words.optional(),
  /** Who caused it: `<issuer>#<subject>`. */
  actor: word.optional(),
  ...paging,
});
export type StopFilter = z.infer<typeof StopFilter>;

/** Query of `GET /v1/audit/trail`. */
export const TrailFilter = z.strictObject({
  since: shared.since,
  until: shared.until,
  grant: shared.grant,
  connection: shared.connection,
  /** The command whose recording was shown, or that an alarm is about. */
  command: uuid.optional(),
  type: words.optional(),
  /** Who caused it: `<issuer>#<subject>`, or the name of a service. */
  actor: word.optional(),
  ...paging,
});
export type TrailFilter = z.infer<typeof TrailFilter>;

/** Query of `GET /v1/audit/holds`. All but `type` and `actor` select whole holds. */
export const HoldFilter = z.strictObject({
  ...shared,
  hold: uuid.optional(),
  /** The guardrail that held, `<document>/<rule>`. */
  rule: words.optional(),
  type: words.optional(),
  /** Who caused it: `<issuer>#<subject>`, or the name of a service. */
  actor: word.optional(),
  ...paging,
});
export type HoldFilter = z.infer<typeof HoldFilter>;
