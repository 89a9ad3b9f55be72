import { defineConfig, type TestProjectInlineConfiguration } from 'vitest/config';

// One broker serves all tests, with a topic for each; one database, with a schema for each.
const shared = ['test/fixtures/shared-broker.ts', 'test/fixtures/shared-postgres.ts'];

const integration = 'test/integration/**/*.test.ts';
/** Tests that wait for a time to pass, compare times, or start secured brokers: fewer of them run at once. */
const timed = [
  'test/integration/faults.test.ts',
  'test/integration/kill-windows.test.ts',
  'test/integration/load.test.ts',
  'test/integration/secured-clusters.test.ts',
  'test/integration/stalled.test.ts',
];

type Settings = NonNullable<TestProjectInlineConfiguration['test']>;

/** Projects run one after the other in this order; the files of a project run side by side. */
function project(
  order: number,
  name: string,
  maxWorkers: number,
  settings: Settings,
): TestProjectInlineConfiguration {
  // A condition that is waited for may take long on a busy machine; the limit of the test ends the wait.
  const poll = { timeout: 20_000 };
  return { test: { name, maxWorkers, sequence: { groupOrder: order }, expect: { poll }, ...settings } };
}

export default defineConfig({
  test: {
    globalSetup: ['test/fixtures/temporary-folder.ts', 'test/fixtures/time-budget.ts'],
    projects: [
      project(0, 'unit', 2, {
        include: ['test/**/*.test.ts'],
        exclude: ['test/integration/**', 'test/full/**', 'test/slow/**', 'test/soak/**'],
        testTimeout: 30_000,
      }),
      // These wait for processes more than they compute, so more of them than there are processors run at once.
      project(1, 'integration', 4, {
        include: [integration],
        exclude: timed,
        globalSetup: shared,
        testTimeout: 60_000,
        hookTimeout: 180_000,
      }),
      project(2, 'timed', 2, {
        include: timed,
        globalSetup: shared,
        testTimeout: 60_000,
        hookTimeout: 180_000,
      }),
      project(3, 'full', 1, {
        include: ['test/full/**/*.test.ts'],
        globalSetup: shared,
        testTimeout: 300_000,
        hookTimeout: 180_000,
      }),
      project(4, 'soak', 1, {
        include: ['test/soak/**/*.test.ts'],
        globalSetup: shared,
        hookTimeout: 180_000,
      }),
      project(5, 'slow', 1, { include: ['test/slow/**/*.test.ts'], testTimeout: 300_000 }),
    ],
  },
});
