/** A run that passed is tampered with at random: `npm test` tries some, `test/full` more, and the soak goes on for hours. */
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

/** The same cases at every run: what has failed once fails again. Those of the soak are others each time. */
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

  test('one to three changes of what the store holds', { timeout: timeoutMs }, async () => {
    const mutations = fc.array(storeMutation, { minLength: 1, maxLength: 3 });
    const property = fc.asyncProperty(mutations, async (some) => {
      expect(await complaintsOfStore(passed, some)).toEqual([]);
    });
    await fc.assert(property, { seed, numRuns: runs.store });
  });

  test('a change of a file of the evidence', { timeout: timeoutMs }, async () => {
    const property = fc.asyncProperty(evidenceMutation, async (mutation) => {
      expect(await complaintsOfHarm(passed, other, mutation)).toEqual([]);
    });
    await fc.assert(property, { seed, numRuns: runs.evidence });
  });

  test('a change of what the store holds, with evidence missing', { timeout: timeoutMs }, async () => {
    const missing = fc.constantFrom('journal-1.bin', 'log.scan', ...ledgers);
    const property = fc.asyncProperty(storeMutation, missing, async (mutation, file) => {
      expect(await complaintsOfBoth(passed, [mutation], file)).toEqual([]);
    });
    await fc.assert(property, { seed, numRuns: runs.both });
  });
}
