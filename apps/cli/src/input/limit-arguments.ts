import type { GrantLimits } from '@drawbridge/contracts';
import { CliError } from '../cli-error.js';
import { parseDuration } from './duration.js';

export interface LimitOptions {
  readonly maxCalls?: string;
  readonly maxChanges?: string;
  readonly oneShot?: boolean;
  /** How long the grant may go unused: `15m`, or seconds. */
  readonly idle?: string;
}

/**
 * The limits that options ask for; `undefined` when they ask for none.
 *
 * @throws CliError `usage_invalid`, naming the option
 */
export function parseLimits({
  maxCalls,
  maxChanges,
  oneShot,
  idle,
}: LimitOptions): GrantLimits | undefined {
  if (oneShot === true && maxChanges !== undefined) {
    throw new CliError('usage_invalid', '--one-shot is one change; leave --max-changes out');
  }
  const limits: GrantLimits = {
    ...(maxCalls !== undefined && { maxCalls: parseCount(maxCalls, '--max-calls') }),
    ...(maxChanges !== undefined && { maxChanges: parseCount(maxChanges, '--max-changes') }),
    ...(oneShot === true && { maxChanges: 1, endWhenUsedUp: true as const }),
    ...(idle !== undefined && { idleSeconds: parseIdle(idle) }),
  };
  return Object.keys(limits).length === 0 ? undefined : limits;
}

function parseIdle(text: string): number {
  const seconds = parseDuration(text, '--idle');
  if (seconds >= 30 && seconds <= 86_400) return seconds;
  throw new CliError('usage_invalid', `--idle: expected 30s to 24h, not "${text}"`);
}

function parseCount(text: string, option: string): number {
  const count = /^\d{1,3}$/.test(text) ? Number(text) : 0;
  if (count >= 1 && count <= 100) return count;
  throw new CliError('usage_invalid', `${option}: expected a number from 1 to 100, not "${text}"`);
}
