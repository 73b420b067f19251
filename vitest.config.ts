import { defineConfig } from 'vitest/config';

// Without 'import': these also reach require() of a dependency, which would then get its ES module.
const conditions = ['@drawbridge/source', 'node'];
const shared = {
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: ['node'] } },
  oxc: { decorator: { legacy: true } },
};

/** One project per rung of the test ladder; `./drawbridge test <name>` runs one. */
export default defineConfig({
  ...shared,
  test: {
    projects: [
      {
        ...shared,
        test: {
          name: 'unit',
          // Pure and fast, but for properties over many samples on a machine that does other things too.
          testTimeout: 120_000,
          include: ['{libs,services,apps}/*/src/**/*.spec.ts', '{e2e,bench}/src/**/*.spec.ts'],
        },
      },
      {
        ...shared,
        test: {
          name: 'fuzz',
          // One after the other: each has a share of FUZZ_SECONDS.
          include: ['{libs,services}/*/test/fuzz/*.fuzz.ts'],
          fileParallelism: false,
        },
      },
      {
        ...shared,
        test: {
          name: 'int',
          include: ['{libs,services,apps}/*/test/**/*.int.spec.ts'],
          // Of a slow and busy machine; what waits for less than that says so itself.
          testTimeout: 180_000,
          hookTimeout: 600_000,
          expect: { poll: { timeout: 45_000 } },
          // More than a small machine has cores: much of it waits.
          maxWorkers: 3,
        },
      },
      {
        ...shared,
        test: {
          name: 'e2e',
          include: ['{e2e,bench}/test/**/*.e2e.spec.ts'],
          testTimeout: 300_000,
          hookTimeout: 600_000,
          expect: { poll: { timeout: 60_000 } },
          maxWorkers: 2,
        },
      },
      {
        ...shared,
        test: {
          name: 'browser',
          include: ['e2e/test/**/*.browser.spec.ts'],
          testTimeout: 180_000,
          hookTimeout: 300_000,
          expect: { poll: { timeout: 60_000 } },
          fileParallelism: false,
        },
      },
    ],
  },
});
