/**
 * Tampers with a run that passed, as listed and at random. If the change breaks what the audit promises, the run must not pass;
 * otherwise it must not fail. The blame must be right or unknown, and the audit must not throw an unexpected error.
 */
import { beforeAll, expect, test } from 'vitest';
import { tamperAsListed } from './as-listed.ts';
import { tamperAtRandom } from './at-random.ts';
import { categoryTables } from './store-content.ts';
import {
  complaintsOfBoth,
  complaintsOfStore,
  outcomeOf,
  passedRun,
  withCopy,
  type PassedRun,
} from './tampered-run.ts';

let passed: PassedRun;

beforeAll(async () => {
  passed = await passedRun();
});

test('a run without tampering passes, though its tables have lost their constraints', async () => {
  expect(await complaintsOfStore(passed, [])).toEqual([]);
  expect(await withCopy(passed, (folder) => outcomeOf(folder))).toMatchObject({
    verdict: 'pass',
    findings: [],
  });
});

test('a row in another category is judged rightly, if neither ledger nor log tells its position', async () => {
  const complaints = [];
  for (const [index, table] of categoryTables.entries()) {
    const into = categoryTables[(index + 1) % categoryTables.length]!;
    for (const [row, { id }] of passed.content[table]!.entries()) {
      // In the first producer's ledger, these messages have an unknown outcome, or no offset.
      if (id !== 'p0-9' && id !== 'p0-17') continue;
      complaints.push(await complaintsOfBoth(passed, [{ do: 'move', table, row, into }], 'log.scan'));
    }
  }
  expect(complaints).toEqual([[], []]);
});

tamperAsListed('a third');

tamperAtRandom({ store: 40, evidence: 25, both: 15 });
