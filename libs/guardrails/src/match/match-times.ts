import type { TimeWindow } from '@drawbridge/contracts';
import { oneOf, matchOf } from './tri-state.js';
import type { Matcher } from './match-request.js';

const MINUTES_PER_DAY = 1_440;
const days = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;

/** Whether now is in one of some windows. */
export function compileTimes(windows: readonly TimeWindow[] | undefined): Matcher[] {
  if (windows === undefined) return [];
  const compiled = windows.map(compileWindow);
  return [({ call }) => oneOf(compiled, (isIn) => matchOf(isIn(call.now)))];
}

/** Whether a time zone is known here. */
export function isTimeZone(timeZone: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}

function compileWindow({ days: named = [...days], hours, timeZone }: TimeWindow) {
  const format = new Intl.DateTimeFormat('en-US', {
    ...{ timeZone, weekday: 'short', hour: '2-digit', minute: '2-digit' },
    hourCycle: 'h23',
  });
  const [from = 0, to = MINUTES_PER_DAY] = (hours ?? '00:00-24:00').split('-').map(minutesOf);
  const isDay = (index: number) => named.includes(days[(index + 7) % 7] ?? 'mon');
  return (now: Date): boolean => {
    const { day, minutes } = localTime(format, now);
    if (from < to) return isDay(day) && minutes >= from && minutes < to;
    // Over midnight: the evening of its own day, or the morning after it.
    return (isDay(day) && minutes >= from) || (isDay(day - 1) && minutes < to);
  };
}

function localTime(format: Intl.DateTimeFormat, now: Date) {
  const parts = new Map(format.formatToParts(now).map(({ type, value }) => [type, value]));
  const weekday = (parts.get('weekday') ?? '').toLowerCase();
  return {
    day: days.findIndex((name) => name === weekday),
    minutes: minutesOf(`${parts.get('hour') ?? ''}:${parts.get('minute') ?? ''}`),
  };
}

function minutesOf(text: string): number {
  const [hours = 0, minutes = 0] = text.split(':').map(Number);
  return hours * 60 + minutes;
}
