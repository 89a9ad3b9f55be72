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
  return fc.tuple(kept, others, fc.nat(20)).map(([rows, more, without]) => [
    ...rows.map(({ id, category: state, value: told }, index) => ({
      id,
      category: index === without ? null : state,
      value: told,
    })),
    ...more,
  ]);
};

const check: fc.Arbitrary<MadeCheck> = fc.array(record, { maxLength: 40 }).chain((records) =>
  fc.record({
    records: fc.constant(records),
    looks: fc.array(rowsOf(records), { minLength: 1, maxLength: 3 }),
    later: fc.array(record, { maxLength: 4 }),
    rule: fc.constantFrom('once', 'at-least-once'),
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

test('ids that are right and only counted give the same audit as if each were judged', async () => {
  await fc.assert(
    fc.asyncProperty(check, async (made) => {
      // Under the rule `once`, a record without a value is a message like any other; it is judged one by one.
      const records = made.records.map((each) => ({
        ...each,
        flags: (each.flags ?? 0) | factFlags.tombstone,
      }));
      const [counted, judged] = [writeCheck(made, 2), writeCheck({ ...made, records }, 2)];
      try {
        const [a, b] = [await judgeCheck(counted), await judgeCheck(judged)];
        expect(a.audit).toEqual(b.audit);
        expect(a.found).toEqual(b.found);
        expect(a.tallies).toEqual(b.tallies);
      } finally {
        for (const { path } of [counted, judged]) rmSync(path, { recursive: true });
      }
    }),
    { numRuns: 150 },
  );
});
