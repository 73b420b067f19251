import { countLine, sum } from './tally.mjs';

/** @typedef {{ stage: string, tally: import('./tally.mjs').Tally, seconds: number }} StageResult */

/**
 * What is printed after the last stage: a line per stage, what was skipped and why, what failed, the counts.
 *
 * @param {readonly StageResult[]} results
 * @returns {string} ends with the line of counts
 */
export function report(results) {
  const total = sum(results.map(({ tally }) => tally));
  const lines = ['', ...results.map(stageLine)];
  if (total.skips.length > 0) lines.push('', 'skipped:');
  for (const { name, reason } of total.skips) lines.push(`  ${name}: ${reason}`);
  if (total.failures.length > 0) lines.push('', 'failed:');
  for (const failure of total.failures) lines.push(`  ${failure}`);
  return [...lines, '', countLine(total), ''].join('\n');
}

/** @param {StageResult} result */
const stageLine = ({ stage, tally, seconds }) =>
  `${stage.padEnd(8)} ${`${seconds.toFixed(1)} s`.padStart(9)}   ${countLine(tally)}`;
