import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    globalSetup: ['test/fixtures/temporary-folder.ts'],
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: ['test/integration/**', 'test/full/**', 'test/slow/**', 'test/soak/**'],
          testTimeout: 30_000,
        },
      },
      {
        test: {
          name: 'integration',
          include: ['test/integration/**/*.test.ts'],
          // One broker serves them all, with a topic for each test; one database, with a schema for each.
          globalSetup: ['test/fixtures/shared-broker.ts', 'test/fixtures/shared-postgres.ts'],
          testTimeout: 60_000,
          hookTimeout: 180_000,
        },
      },
      {
        test: {
          name: 'full',
          include: ['test/full/**/*.test.ts'],
          globalSetup: ['test/fixtures/shared-broker.ts', 'test/fixtures/shared-postgres.ts'],
          testTimeout: 300_000,
          hookTimeout: 180_000,
        },
      },
      {
        test: {
          name: 'soak',
          include: ['test/soak/**/*.test.ts'],
          globalSetup: ['test/fixtures/shared-broker.ts', 'test/fixtures/shared-postgres.ts'],
          hookTimeout: 180_000,
          // What one does would disturb the other.
          fileParallelism: false,
        },
      },
      {
        test: {
          name: 'slow',
          include: ['test/slow/**/*.test.ts'],
          testTimeout: 300_000,
        },
      },
    ],
  },
});
