import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LaunchError } from '../launcher/workspace.mjs';
import { parseLadderArguments } from './ladder-arguments.mjs';

const known = ['format', 'unit', 'e2e'];

test('no stage means every stage', () => {
  assert.deepEqual(parseLadderArguments([], known), {
    stages: known,
    vitestArguments: [],
    help: false,
  });
});

test('stages run in the order of the ladder, each once', () => {
  const { stages } = parseLadderArguments(['e2e', 'format', 'e2e'], known);
  assert.deepEqual(stages, ['format', 'e2e']);
});

test('what follows -- goes to vitest, even when it looks like a stage', () => {
  assert.deepEqual(parseLadderArguments(['unit', '--', '-t', 'unit', '--', 'x'], known), {
    stages: ['unit'],
    vitestArguments: ['-t', 'unit', '--', 'x'],
    help: false,
  });
});

test('help is asked for in either spelling, but not behind --', () => {
  assert.equal(parseLadderArguments(['--help'], known).help, true);
  assert.equal(parseLadderArguments(['-h'], known).help, true);
  assert.equal(parseLadderArguments(['--', '--help'], known).help, false);
});

for (const argument of ['units', '--watch', '']) {
  test(`"${argument}" is refused by name`, () => {
    assert.throws(
      () => parseLadderArguments([argument], known),
      new LaunchError(`no test stage "${argument}"; expected one of: format, unit, e2e`),
    );
  });
}
