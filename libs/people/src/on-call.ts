import type { ScheduleSpec } from '@drawbridge/contracts';
import { wallClockAt, wallClockOf } from './wall-clock.js';

/** A rota with its name. */
export interface Schedule extends ScheduleSpec {
  readonly name: string;
}

/**
 * The e-mail address of whoever is on call; `undefined` before the rotation begins, when nobody is.
 *
 * @param at - UTC, RFC 3339
 */
export function onCall(schedule: ScheduleSpec, at: string): string | undefined {
  return onCallByWall(schedule, wallClockOf(schedule.timeZone, at));
}

/** Everybody who is on call at some moment from `at` on, for so many seconds. */
export function onCallWithin(
  schedule: ScheduleSpec,
  at: string,
  seconds: number,
): readonly string[] {
  const { rotation, overrides, timeZone } = schedule;
  const now = wallClockOf(timeZone, at);
  const end = wallClockOf(timeZone, new Date(Date.parse(at) + seconds * 1000).toISOString());
  // While clocks go back the wall shows an hour twice, and may end before it began: then the hour before counts too.
  const from = Math.min(now, end - seconds * 1000);
  const until = Math.max(now + seconds * 1000, end);
  const everyMs = rotation.everySeconds * 1000;
  const start = wallClockAt(rotation.start);
  const next = start + Math.max(0, Math.ceil((from - start) / everyMs)) * everyMs;
  const handovers = Array.from(
    { length: Math.max(0, Math.floor((until - next) / everyMs) + 1) },
    (_, index) => next + index * everyMs,
  );
  const changes = overrides.flatMap((turn) => [wallClockAt(turn.from), wallClockAt(turn.until)]);
  const moments = [from, now, ...handovers, ...changes].filter(
    (wall) => wall >= from && wall <= until,
  );
  const people = moments.flatMap((wall) => onCallByWall(schedule, wall) ?? []);
  return [...new Set(people)];
}

function onCallByWall({ rotation, overrides }: ScheduleSpec, wall: number): string | undefined {
  const instead = overrides.find(
    ({ from, until }) => wallClockAt(from) <= wall && wall < wallClockAt(until),
  );
  if (instead !== undefined) return instead.person;
  const turn = Math.floor((wall - wallClockAt(rotation.start)) / (rotation.everySeconds * 1000));
  return turn < 0 ? undefined : rotation.people[turn % rotation.people.length];
}
