/** The PostgreSQL of the whole test run. */
import type { TestProject } from 'vitest/node';
import { startPostgres } from '../fixtures/postgres.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** The location has no schema yet, so that each test takes one of its own. */
    postgres: { location: string; password: string };
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const { location, password, remove } = await startPostgres();
  project.provide('postgres', { location, password });
  return remove;
}
