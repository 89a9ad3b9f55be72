/**
 * Tampers with a run that passed, at random. If the change breaks what the audit promises, the run must not pass;
 * otherwise it must not fail. The blame must be right or unknown, and the audit must not throw an unexpected error.
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

test('a run without tampering passes, though its tables have lost their constraints', async () => {
  expect(await complaintsOfStore(passed, [])).toEqual([]);
  expect(await withCopy(passed, (folder) => outcomeOf(folder))).toMatchObject({
    verdict: 'pass',
    findings: [],
  });
});

describe('a tampering that an audit once judged wrongly is judged right:', () => {
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

  test('a row in another category, if neither ledger nor log tells its position', async () => {
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

  test('a row that is doubled at the border of two pieces of a table', async () => {
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
  'a row that is doubled at the border of two pieces is found if its column has the collation %s',
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

test.each(schemaMutations)(
  'a run gets an allowed verdict after a change of its schema: $name',
  async (mutation) => {
    const outcome = await withCopy(passed, async (folder) => {
      alterSchema(folder.file('store.sqlite'), mutation);
      return await outcomeOf(folder);
    });
    expect(complaintsOfEvidence(outcome, allowed[mutation.allowed])).toEqual([]);
  },
);

tamperAtRandom({ store: 80, evidence: 50, both: 30 });
