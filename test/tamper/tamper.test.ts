/**
 * A run that passed is tampered with at random. Nothing that changes what the audit promises passes, nothing that
 * changes nothing fails, blame is right or unknown, and nothing ends in an error that nobody foresaw.
 */
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { escapedInEvidence, escapedInStore } from './escaped.ts';
import { evidenceMutation, ledgers } from './evidence-mutations.ts';
import { alterSchema, schemaMutations } from './sqlite-schema.ts';
import { categoryTables } from './store-content.ts';
import { storeMutation } from './store-mutations.ts';
import {
  complaintsOfBoth,
  complaintsOfHarm,
  complaintsOfStore,
  outcomeOf,
  passedRun,
  withCopy,
  type PassedRun,
} from './tampered-run.ts';
import { allowed, complaintsOfEvidence } from './truth.ts';

/** The same cases at every run: what has failed once fails again. Those of the soak are others each time. */
const seed = 20_261_129;
const timeoutMs = 120_000;

let passed: PassedRun;
let other: PassedRun;

beforeAll(async () => {
  passed = await passedRun();
  other = await passedRun({ id: 'other', counts: [40, 20], seed: 2 });
});

test('a run that nobody tampered with passes, though its tables have lost their constraints', async () => {
  expect(await complaintsOfStore(passed, [])).toEqual([]);
  expect(await withCopy(passed, (folder) => outcomeOf(folder))).toMatchObject({
    verdict: 'pass',
    findings: [],
  });
});

describe('what was judged wrongly once', () => {
  test.each(Object.entries(escapedInStore))('%s', async (_, mutations) => {
    expect(await complaintsOfStore(passed, mutations)).toEqual([]);
  });

  test.each(Object.entries(escapedInEvidence))('%s', async (_, mutations) => {
    expect(mutations).not.toEqual([]);
    const complaints = [];
    for (const mutation of mutations) {
      complaints.push(...(await complaintsOfHarm(passed, other, mutation)).map((told) => [mutation, told]));
    }
    expect(complaints).toEqual([]);
  });

  test('a row in another category, where neither ledger nor log tell its place', async () => {
    const complaints = [];
    for (const [index, table] of categoryTables.entries()) {
      const into = categoryTables[(index + 1) % categoryTables.length]!;
      for (const [row, { id }] of passed.content[table]!.entries()) {
        // The first producer's ledger says of these that they may be written, or not where.
        if (id !== 'p0-9' && id !== 'p0-17') continue;
        complaints.push(await complaintsOfBoth(passed, [{ do: 'move', table, row, into }], 'log.scan'));
      }
    }
    expect(complaints).toEqual([[], []]);
  });

  test('a row doubled where one piece of a table ends and the next begins', async () => {
    const large = await passedRun({ id: 'large', counts: [1800] });
    const inOrder = [...large.content['failed']!.entries()].sort(
      ([, a], [, b]) =>
        Number(a['partition']) - Number(b['partition']) || Number(a['offset']) - Number(b['offset']),
    );
    for (const at of [510, 511, 512]) {
      const double = {
        do: 'double',
        table: 'failed',
        row: inOrder[at]![0],
        into: 'failed',
        changes: {},
      } as const;
      expect(await complaintsOfStore(large, [double])).toEqual([]);
    }
  });
});

test.each(['RTRIM', 'NOCASE'])(
  'the schema: a row doubled at the end of a piece, where the column compares by %s',
  async (collation) => {
    const large = await passedRun({ id: 'large', counts: [1800] });
    const other = collation === 'RTRIM' ? `topic_id || ' '` : 'upper(topic_id)';
    const outcome = await withCopy(large, async (folder) => {
      alterSchema(folder.file('store.sqlite'), {
        name: collation,
        allowed: 'noPass',
        sql: `CREATE TABLE again (
          run, producer, sequence, id, topic_id COLLATE ${collation}, partition, "offset", key, payload, digest, stored_at,
          PRIMARY KEY (topic_id COLLATE BINARY, partition, "offset")) WITHOUT ROWID;
        INSERT INTO again SELECT * FROM failed;
        INSERT INTO again SELECT run, producer, sequence, id, ${other}, partition, "offset", key, payload, digest, stored_at
          FROM failed ORDER BY topic_id, partition, "offset" LIMIT 1 OFFSET 511;
        DROP TABLE failed;
        ALTER TABLE again RENAME TO failed`,
      });
      return await outcomeOf(folder);
    });
    expect(outcome).toMatchObject({ verdict: 'fail' });
  },
);

test.each(schemaMutations)('the schema: $name', async (mutation) => {
  const outcome = await withCopy(passed, async (folder) => {
    alterSchema(folder.file('store.sqlite'), mutation);
    return await outcomeOf(folder);
  });
  expect(complaintsOfEvidence(outcome, allowed[mutation.allowed])).toEqual([]);
});

test('one to three changes of what the store holds', { timeout: timeoutMs }, async () => {
  const mutations = fc.array(storeMutation, { minLength: 1, maxLength: 3 });
  const property = fc.asyncProperty(mutations, async (some) => {
    expect(await complaintsOfStore(passed, some)).toEqual([]);
  });
  await fc.assert(property, { seed, numRuns: 550 });
});

test('a change of a file of the evidence', { timeout: timeoutMs }, async () => {
  const property = fc.asyncProperty(evidenceMutation, async (mutation) => {
    expect(await complaintsOfHarm(passed, other, mutation)).toEqual([]);
  });
  await fc.assert(property, { seed, numRuns: 300 });
});

test('a change of what the store holds, with evidence missing', { timeout: timeoutMs }, async () => {
  const missing = fc.constantFrom('journal-1.bin', 'log.scan', ...ledgers);
  const property = fc.asyncProperty(storeMutation, missing, async (mutation, file) => {
    expect(await complaintsOfBoth(passed, [mutation], file)).toEqual([]);
  });
  await fc.assert(property, { seed, numRuns: 150 });
});
