/** The number of buckets changes nothing: one bucket holds all evidence, as an audit without buckets does. */
import fc from 'fast-check';
import { rmSync } from 'node:fs';
import { expect, test, vi } from 'vitest';
import { factFlags } from '../../src/check/facts/fact-format.ts';
import { judgeCheck, writeCheck, type MadeCheck, type MadeRecord, type MadeRow } from './made-check.ts';

const idOf = fc.nat(25).map((number) => `order-${number}`);
const category = fc.option(fc.constantFrom('open', 'paid'), { freq: 8 });
const value = fc.option(fc.constantFrom('1', '2'), { freq: 8 });

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

/** Counts no id as right beforehand, so that the judge gets each. */
async function withoutCounting(): Promise<typeof judgeCheck> {
  vi.resetModules();
  vi.doMock('../../src/check/evidence/right-ids.ts', () => ({
    RightIds: class {
      readonly byCategory = [];
      readonly records = [];
      readonly rows = [];
    },
  }));
  const fresh = await import('./made-check.ts');
  vi.doUnmock('../../src/check/evidence/right-ids.ts');
  return fresh.judgeCheck;
}

test('ids that are right, and so only counted, give the same audit as if each were judged', async () => {
  const judgeEach = await withoutCounting();
  await fc.assert(
    fc.asyncProperty(check, async (made) => {
      const written = writeCheck(made, 2);
      try {
        const [counted, judged] = [await judgeCheck(written), await judgeEach(written)];
        expect(counted.audit).toEqual(judged.audit);
        expect(counted.found).toEqual(judged.found);
        expect(counted.tallies).toEqual(judged.tallies);
      } finally {
        rmSync(written.path, { recursive: true });
      }
    }),
    { numRuns: 200 },
  );
});
