import { ensureInstalled } from '../launcher/ensure-installed.mjs';
import { killRunning } from '../native/run-command.mjs';
import { stages } from './stages.mjs';
import { report } from './report.mjs';
import { sum } from './tally.mjs';
import { parseLadderArguments } from './ladder-arguments.mjs';

const names = stages.map(({ name }) => name);

const usage = `usage: ./drawbridge test [STAGE...] [-- VITEST ARGS]

Runs the stages in this order, all of them when none is named: ${names.join(', ')}.
A failed stage does not stop the later ones. What follows -- goes to vitest (unit, int, e2e, browser).
The last line is "N passed, N failed" or "N passed, N failed, N skipped"; exit code 1 when one failed.
`;

/**
 * `./drawbridge test`
 *
 * @param {string[]} args
 * @returns {Promise<number>} exit code
 */
export async function climbLadder(args) {
  const wanted = parseLadderArguments(args, names);
  if (wanted.help) {
    process.stdout.write(usage);
    return 0;
  }
  await ensureInstalled();
  const interruption = watchInterruption();
  const results = [];
  for (const stage of stages.filter(({ name }) => wanted.stages.includes(name))) {
    if (interruption.exitCode !== undefined) break;
    results.push(await runStage(stage, wanted.vitestArguments));
  }
  process.stdout.write(report(results));
  const failed = sum(results.map(({ tally }) => tally)).failures.length > 0;
  return interruption.exitCode ?? (failed ? 1 : 0);
}

/**
 * @param {import('./stages.mjs').Stage} stage
 * @param {readonly string[]} vitestArguments
 * @returns {Promise<import('./report.mjs').StageResult>}
 */
async function runStage(stage, vitestArguments) {
  console.log(`\n=== ${stage.name}`);
  const start = performance.now();
  const tally = await stage.run(vitestArguments);
  return { stage: stage.name, tally, seconds: (performance.now() - start) / 1000 };
}

/** Ctrl-C ends the running stage by itself; this keeps the next one from starting. */
function watchInterruption() {
  const interruption = { exitCode: /** @type {number | undefined} */ (undefined) };
  for (const [signal, exitCode] of /** @type {const} */ ([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ])) {
    process.on(signal, () => {
      interruption.exitCode = exitCode;
      killRunning();
    });
  }
  return interruption;
}
