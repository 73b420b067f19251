import { showDuration } from '../input/duration.js';

/** An instant to the minute, in UTC, which the name of its column should say, or in a time zone (IANA). */
export function minuteText(instant: string, timeZone = 'UTC'): string {
  if (timeZone === 'UTC') return instant.slice(0, 16).replace('T', ' ');
  const format = new Intl.DateTimeFormat('sv-SE', {
    ...{ timeZone, dateStyle: 'short', timeStyle: 'short' },
  });
  return format.format(new Date(instant));
}

/** Nothing is better seen as nothing than as a zero among numbers. */
export const countText = (count: number): string => (count === 0 ? '' : String(count));

/** `0.2s`, `45s`, `1h 30m`. */
export function secondsText(seconds: number): string {
  return seconds > 0 && seconds < 9.95 ? `${seconds.toFixed(1)}s` : showDuration(seconds);
}

/** What was called: `get pods/log payments/checkout-1`, and `get /version` of what is no resource. */
export function callText(call: {
  readonly verb: string;
  readonly resource: string;
  readonly subresource: string;
  readonly apiGroup: string;
  readonly namespace: string;
  readonly name: string;
  readonly path: string;
}): string {
  const object = [call.namespace, call.name].filter((part) => part !== '').join('/');
  return `${call.verb} ${call.resource === '' ? call.path : kindText(call)} ${object}`.trim();
}

/** `deployments.apps/scale`; empty for what is no resource. */
export function kindText({
  apiGroup = '',
  resource = '',
  subresource = '',
}: Readonly<Partial<Record<'apiGroup' | 'resource' | 'subresource', string | undefined>>>): string {
  const name = apiGroup === '' ? resource : `${resource}.${apiGroup}`;
  return subresource === '' ? name : `${name}/${subresource}`;
}
