import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { compiledModule, kernels, pathOf } from './kernels.mjs';

for (const kernel of kernels) {
  test(`${kernel.target} is what ${kernel.source} is compiled to`, async () => {
    // What runs is what was reviewed: after a change of the source, `npm run kernels`.
    assert.equal(readFileSync(pathOf(kernel), 'utf8'), await compiledModule(kernel));
  });
}
