import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

/** Tells how often all of a heap of 50 MB is collected while 4 GB of buffers come and go. */
const program = `
import { PerformanceObserver, constants } from 'node:perf_hooks';
let collections = 0;
new PerformanceObserver((list) => {
  for (const { detail } of list.getEntries()) {
    if (detail.kind === constants.NODE_PERFORMANCE_GC_MAJOR) collections += 1;
  }
}).observe({ entryTypes: ['gc'] });
globalThis.kept = Array.from({ length: 500_000 }, (_, index) => ({ text: 'row ' + index }));
for (let round = 0; round < 200; round += 1) {
  for (let piece = 0; piece < 20; piece += 1) Buffer.allocUnsafeSlow(1 << 20);
  await new Promise(setImmediate);
}
await new Promise((resolve) => setTimeout(resolve, 10));
process.stdout.write(String(collections));
`;

async function collectionsAfter(start: string): Promise<number> {
  const given = ['--input-type=module', '--eval', start + program];
  return Number((await promisify(execFile)(process.execPath, given)).stdout);
}

it('lets buffers pass without going through the whole heap for every few of them', async () => {
  const module = JSON.stringify(new URL('./spare-collector.ts', import.meta.url).href);
  const spared = await collectionsAfter(
    `import { spareCollector } from ${module}; spareCollector();`,
  );
  expect(spared).toBeLessThan((await collectionsAfter('')) / 2);
});
