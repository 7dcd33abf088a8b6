import { defineConfig } from 'vitest/config';

const built = ['tests/e2e/**/*.test.ts', 'tests/security/canary.test.ts'];

export default defineConfig({
  test: {
    // Patience for a busy machine, no measure of anything.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    pool: 'forks',
    maxWorkers: 2,
    projects: [
      {
        extends: true,
        test: {
          name: 'source',
          include: ['tests/**/*.test.ts', 'adapters/**/*.test.ts'],
          exclude: ['tests/bench/**', ...built],
        },
      },
      {
        extends: true,
        // End-to-end tests run the built product: processes that start, die and start again take their time on a busy box.
        test: { name: 'built', include: built, globalSetup: ['tests/support/build.ts'], testTimeout: 180_000 },
      },
    ],
  },
});
