import { z } from 'zod';
import { document, label, timeZone } from './document.js';

/** Begins the name of a group that is nobody's for long; no token and no `Human` document may name one. */
const ON_CALL = 'on-call:';

/** The group that whoever is on call by a schedule is in, at this moment and no longer. */
export const onCallGroup = (schedule: string): string => `${ON_CALL}${schedule}`;

/** The schedule whose group this is; `undefined` for a group of people. */
export const scheduleOfGroup = (group: string): string | undefined =>
  group.toLowerCase().startsWith(ON_CALL) ? group.slice(ON_CALL.length) : undefined;

const localTime = z
  .string()
  .regex(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}$/, {
    message: 'expected a local time, e.g. 2026-11-02T09:00',
    abort: true,
  })
  .refine((text) => !Number.isNaN(Date.parse(`${text}Z`)), { message: 'expected a date there is' });
const person = z.email().describe('E-mail address of a Human document');

/** Who is on call when; people take turns, and single turns may be somebody else's. */
export const ScheduleSpec = z.strictObject({
  description: z.string().max(200).optional(),
  timeZone,
  rotation: z.strictObject({
    start: localTime.describe(
      'When the first of `people` took over; before that nobody is on call',
    ),
    everySeconds: z
      .int()
      .min(3600)
      .max(31_536_000)
      .describe(
        'How long a turn is; by the clock on the wall, so 604800 hands over at the same hour',
      ),
    people: z.array(person).min(1).max(100).describe('In the order of their turns'),
  }),
  overrides: z
    .array(
      z
        .strictObject({ from: localTime, until: localTime, person })
        .refine(({ from, until }) => from < until, { message: 'ends before it begins' }),
    )
    .max(500)
    .default([])
    .describe('Before the rotation; of several that overlap the first counts'),
});
export type ScheduleSpec = z.infer<typeof ScheduleSpec>;

/** Who is on call. Wherever a policy names groups of approvers, `on-call:<name>` is whoever is it then. */
export const ScheduleDocument = document('Schedule', label, ScheduleSpec);
export type ScheduleDocument = z.infer<typeof ScheduleDocument>;
