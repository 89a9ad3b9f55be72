/** The number of buckets changes nothing: one bucket holds all evidence, as an audit without buckets does. */
import fc from 'fast-check';
import { rmSync } from 'node:fs';
import { expect, test } from 'vitest';
import { factFlags } from '../../src/check/facts/fact-format.ts';
import { judgeCheck, writeCheck, type MadeCheck, type MadeRecord, type MadeRow } from './made-check.ts';

const idOf = fc.nat(25).map((number) => `order-${number}`);
const category = fc.option(fc.constantFrom('open', 'paid'), { freq: 20 });
const value = fc.option(fc.constantFrom('1', '2'), { freq: 20 });

const record: fc.Arbitrary<MadeRecord> = fc.record({
  id: fc.option(idOf, { freq: 30 }),
  category,
  value,
  partition: fc.nat(2),
  flags: fc.constantFrom(0, 0, 0, 0, 0, 0, factFlags.aborted, factFlags.dropped),
});

/** Mostly what the records have, with rows that are left out, changed, doubled, or from nowhere. */
const rowsOf = (records: readonly MadeRecord[]): fc.Arbitrary<MadeRow[]> => {
  const kept = fc.subarray([...records], { minLength: Math.floor(records.length * 0.8) });
  const others = fc.array(fc.record({ id: fc.option(idOf, { freq: 30 }), category, value }), {
    maxLength: 4,
  });
  return fc
    .tuple(kept, others)
    .map(([rows, more]) => [
      ...rows.map(({ id, category: state, value: told }) => ({ id, category: state, value: told })),
      ...more,
    ]);
};

const check: fc.Arbitrary<MadeCheck> = fc.array(record, { maxLength: 40 }).chain((records) =>
  fc.record({
    records: fc.constant(records),
    looks: fc.array(rowsOf(records), { minLength: 1, maxLength: 3 }),
    isWholeLife: fc.boolean(),
  }),
);

test('one bucket and sixty-four give the same audit, findings and tallies', async () => {
  await fc.assert(
    fc.asyncProperty(check, async (made) => {
      const [one, many] = [writeCheck(made, 1), writeCheck(made, 64)];
      try {
        const [a, b] = [await judgeCheck(one), await judgeCheck(many)];
        expect(b.audit).toEqual(a.audit);
        expect(b.found).toEqual(a.found);
        const counts = ({ tallies: [tally] }: typeof a): unknown => [tally!.ids, tally!.rows, tally!.matched];
        expect(counts(b)).toEqual(counts(a));
      } finally {
        for (const { path } of [one, many]) rmSync(path, { recursive: true });
      }
    }),
    { numRuns: 200 },
  );
});
