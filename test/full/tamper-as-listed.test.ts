/** The changes that `test/tamper/tamper.test.ts` leaves out. */
import { expect, test } from 'vitest';
import { tamperAsListed } from '../tamper/as-listed.ts';
import { alterSchema } from '../tamper/sqlite-schema.ts';
import { complaintsOfStore, outcomeOf, passedRun, withCopy } from '../tamper/tampered-run.ts';

tamperAsListed('the rest');

test('a row that is doubled at the border of two pieces of a table is judged rightly', async () => {
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
