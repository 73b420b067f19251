import { isTimeZone, type TimeWindow } from '@drawbridge/contracts';
import { error, type Entry, type Finding } from './entry.js';
import type { FieldPath } from './parse-documents.js';

/** Days and hours that are some of the time, in a time zone there is. */
export function checkWindow(entry: Entry, window: TimeWindow, path: FieldPath): Finding[] {
  const { timeZone, days, hours } = window;
  const [from, to] = (hours ?? '').split('-');
  const isNone = hours !== undefined && (from === to || /24:0*[1-9]|24:[1-5]/.test(hours));
  return [
    ...(isTimeZone(timeZone)
      ? []
      : [error(entry, [...path, 'timeZone'], 'expected an IANA time zone, e.g. Europe/Berlin')]),
    ...(days === undefined && hours === undefined
      ? [error(entry, path, 'is always: expected "days" or "hours"')]
      : []),
    ...(isNone
      ? [error(entry, [...path, 'hours'], 'expected hours as 09:00-17:30, at most until 24:00')]
      : []),
  ];
}
