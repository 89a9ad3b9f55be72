/** Tampers with a run that passed, at random. `npm test` tries some cases, `test/full` tries more, and the soak goes on for hours. */
import fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import { evidenceMutation, ledgers } from './evidence-mutations.ts';
import { storeMutation } from './store-mutations.ts';
import {
  complaintsOfBoth,
  complaintsOfHarm,
  complaintsOfStore,
  passedRun,
  type PassedRun,
} from './tampered-run.ts';

/** The same cases in every test run, so that a failure can be repeated. The soak draws other cases each time. */
const seed = 20_261_129;
const timeoutMs = 120_000;

/** How many cases of each kind. */
interface Runs {
  store: number;
  evidence: number;
  both: number;
}

export function tamperAtRandom(runs: Runs): void {
  let passed: PassedRun;
  let other: PassedRun;

  beforeAll(async () => {
    passed = await passedRun();
    other = await passedRun({ id: 'other', counts: [40, 20], seed: 2 });
  });

  test(
    'a run gets the right verdict after one to three changes of its store',
    { timeout: timeoutMs },
    async () => {
      const mutations = fc.array(storeMutation, { minLength: 1, maxLength: 3 });
      const property = fc.asyncProperty(mutations, async (some) => {
        expect(await complaintsOfStore(passed, some)).toEqual([]);
      });
      await fc.assert(property, { seed, numRuns: runs.store });
    },
  );

  test(
    'a run gets an allowed verdict after a change of an evidence file',
    { timeout: timeoutMs },
    async () => {
      const property = fc.asyncProperty(evidenceMutation, async (mutation) => {
        expect(await complaintsOfHarm(passed, other, mutation)).toEqual([]);
      });
      await fc.assert(property, { seed, numRuns: runs.evidence });
    },
  );

  test(
    'a run gets the right verdict after a change of its store if an evidence file is missing, too',
    { timeout: timeoutMs },
    async () => {
      const missing = fc.constantFrom('journal-1.bin', 'log.scan', ...ledgers);
      const property = fc.asyncProperty(storeMutation, missing, async (mutation, file) => {
        expect(await complaintsOfBoth(passed, [mutation], file)).toEqual([]);
      });
      await fc.assert(property, { seed, numRuns: runs.both });
    },
  );
}
