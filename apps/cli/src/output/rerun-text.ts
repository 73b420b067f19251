import { skipWords, type RerunCall } from '@drawbridge/replay';
import { neutralise } from './neutralise.js';
import type { RerunReport } from '../rerun/rerun-report.js';

const marks: Readonly<Record<RerunCall['result'], string>> = {
  same: 'same     ',
  different: 'DIFFERENT',
  skipped: 'skipped  ',
};
const MAX_SHOWN = 10;

/** What became of each call, and of all of them. */
export function rerunText({ session, where, calls, totals, altered }: RerunReport): string {
  const lines = [
    `session ${session}, made again in ${where}`,
    ...altered.map((name) => `ALTERED: ${name} is not as the bundle's manifest says`),
    '',
    ...calls.flatMap(callLines),
    '',
    ...filledLines(calls),
    `${totals.same} same, ${totals.different} different, ${totals.skipped} skipped`,
  ];
  return lines.map((line) => `${neutralise(line).trimEnd()}\n`).join('');
}

function filledLines(calls: RerunReport['calls']): string[] {
  const count = calls.filter((call) => call.isSchemaUnknown === true).length;
  if (count === 0) return [];
  return [
    `${count} writes of custom resources whose schema the record does not have: what the cluster had filled in does not count`,
  ];
}

function callLines({ words, ...call }: RerunReport['calls'][number]): string[] {
  const { result, reason, recordedStatus, status, differences, changedByOthers } = call;
  const shown = differences.slice(0, MAX_SHOWN);
  const statuses = [recordedStatus ?? '-', ...(status === undefined ? [] : [status])];
  return [
    ...(changedByOthers === 0
      ? []
      : [`           (others had changed ${counted(changedByOthers)} before this call)`]),
    `${marks[result]}  ${words} -> ${[...new Set(statuses)].join(', now ')}${reason === undefined ? '' : `: ${skipWords[reason]}`}`,
    ...shown.map(
      ({ path, recorded = 'nothing', now = 'nothing' }) =>
        `             ${path}: recorded ${recorded}, now ${now}`,
    ),
    ...(differences.length > shown.length
      ? [`             … and ${differences.length - shown.length} more`]
      : []),
  ];
}

const counted = (count: number): string => (count === 1 ? '1 object' : `${count} objects`);
