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
  const { overrides, timeZone } = schedule;
  const from = Date.parse(at);
  const until = from + seconds * 1000;
  const before = offsetOf(timeZone, from);
  const after = offsetOf(timeZone, until);
  const changes = [
    ...handoversWithin(schedule, {
      from: from + Math.min(before, after),
      until: until + Math.max(before, after),
    }),
    ...overrides.flatMap((turn) => [wallClockAt(turn.from), wallClockAt(turn.until)]),
  ];
  // A time of the wall comes twice when clocks go back, and not at all in the hour that they skip when they go forward.
  const moments = changes.flatMap((wall) => [wall - before, wall - after]);
  if (before !== after) moments.push(changeOfClocks(timeZone, from, until));
  const people = [from, ...moments]
    .filter((moment) => moment >= from && moment <= until)
    .flatMap((moment) => onCall(schedule, new Date(moment).toISOString()) ?? []);
  return [...new Set(people)];
}

/** By how many milliseconds the wall is ahead of UTC. */
const offsetOf = (timeZone: string, moment: number): number =>
  wallClockOf(timeZone, new Date(moment).toISOString()) - moment;

/** The first moment at which clocks are as at the end; they change once at most in the time of a request. */
function changeOfClocks(timeZone: string, from: number, until: number): number {
  const after = offsetOf(timeZone, until);
  let [still, already] = [from, until];
  while (already - still > 1) {
    const middle = Math.floor((still + already) / 2);
    if (offsetOf(timeZone, middle) === after) already = middle;
    else still = middle;
  }
  return already;
}

/** Times of the wall at which the rotation goes on to the next. */
function handoversWithin(
  { rotation }: ScheduleSpec,
  { from, until }: { readonly from: number; readonly until: number },
): readonly number[] {
  const everyMs = rotation.everySeconds * 1000;
  const start = wallClockAt(rotation.start);
  const next = start + Math.max(0, Math.ceil((from - start) / everyMs)) * everyMs;
  const count = Math.max(0, Math.floor((until - next) / everyMs) + 1);
  return Array.from({ length: count }, (_, index) => next + index * everyMs);
}

function onCallByWall({ rotation, overrides }: ScheduleSpec, wall: number): string | undefined {
  const instead = overrides.find(
    ({ from, until }) => wallClockAt(from) <= wall && wall < wallClockAt(until),
  );
  if (instead !== undefined) return instead.person;
  const turn = Math.floor((wall - wallClockAt(rotation.start)) / (rotation.everySeconds * 1000));
  return turn < 0 ? undefined : rotation.people[turn % rotation.people.length];
}
