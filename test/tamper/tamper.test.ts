/**
 * A run that passed is tampered with at random. Nothing that changes what the audit promises passes, nothing that
 * changes nothing fails, blame is right or unknown, and nothing ends in an error that nobody foresaw.
 */
import { beforeAll, describe, expect, test } from 'vitest';
import { tamperAtRandom } from './at-random.ts';
import { escapedInEvidence, escapedInStore } from './escaped.ts';
import { alterSchema, schemaMutations } from './sqlite-schema.ts';
import { categoryTables } from './store-content.ts';
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

tamperAtRandom({ store: 150, evidence: 80, both: 50 });
