/** The random changes of `test/tamper/`, in a store in PostgreSQL. */
import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, inject, test, vi } from 'vitest';
import { storeMutation } from '../tamper/store-mutations.ts';
import { complaintsOfPostgres, passedPostgresRun } from '../tamper/tampered-run.ts';

const { location, password } = inject('postgres');
const seed = 20_261_129;

let passed: Awaited<ReturnType<typeof passedPostgresRun>>;
beforeAll(async () => {
  vi.stubEnv('PGPASSWORD', password);
  passed = await passedPostgresRun(`${location}?schema=t_${randomBytes(8).toString('hex')}`, password);
});
afterAll(async () => {
  await passed.store.close();
  vi.unstubAllEnvs();
});

test('the audit judges one to three random changes of a PostgreSQL store rightly', async () => {
  const mutations = fc.array(storeMutation, { minLength: 1, maxLength: 3 });
  const property = fc.asyncProperty(mutations, async (some) => {
    expect(await complaintsOfPostgres(passed, some)).toEqual([]);
  });
  await fc.assert(property, { seed, numRuns: 100 });
});
