/** The compact collections of the audit, compared with plain ones. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { NumberColumn } from '../../../src/audit/number-column.ts';
import { BitSet } from '../../../src/audit/bit-set.ts';
import { CountedRanges } from '../../../src/audit/counted-ranges.ts';
import { FlagsColumn } from '../../../src/audit/judge/flags-column.ts';
import { Partitions } from '../../../src/audit/judge/partitions.ts';
import { PositionColumn } from '../../../src/audit/judge/position-column.ts';

const noPartitions = (): Partitions =>
  new Partitions({
    log: { whole: true, batches: () => [], ranges: [] },
    store: { whole: true, batches: () => [], positions: new Map() },
  });

const messageCount = 5000;
const offsets = fc.oneof(
  { weight: 8, arbitrary: fc.nat(3000) },
  { weight: 1, arbitrary: fc.nat(2 ** 31 - 1).map((offset) => offset * 2 ** 14 + (offset % 300)) },
);

test('positions are kept, whether they are close to each other or far apart', () => {
  const places = fc.tuple(fc.nat(messageCount - 1), fc.nat(300), offsets);
  fc.assert(
    fc.property(fc.array(places, { maxLength: 400, size: 'max' }), (list) => {
      const column = new PositionColumn(noPartitions(), 1);
      column.resize(messageCount);
      const expected = new Map(list.map(([message, partition, offset]) => [message, { partition, offset }]));
      for (const [message, place] of expected) column.set(message, place);
      for (const [message, place] of expected) {
        expect(column.get(message)).toEqual(place);
        expect(column.isAt(message, place.partition, place.offset)).toBe(true);
        expect(column.isAt(message, place.partition, place.offset + 256)).toBe(false);
        expect(column.isAt(message, place.partition, place.offset + 1)).toBe(false);
        expect(column.isAt(message, place.partition + 1, place.offset)).toBe(false);
      }
    }),
    { numRuns: 100 },
  );
});

test('a full page keeps its positions when another one is added', () => {
  const column = new PositionColumn(noPartitions(), 2048);
  for (let message = 0; message < 300; message++)
    column.set(message, { partition: 0, offset: message * 1000 });
  for (let message = 0; message < 300; message++) {
    expect(column.get(message)).toEqual({ partition: 0, offset: message * 1000 });
    expect(column.isAt(message, 0, message * 1000)).toBe(true);
    expect(column.isAt(message, 0, message * 1000 + 1)).toBe(false);
  }
});

test('delivered ranges are counted as if each offset were counted by itself', () => {
  const ranges = fc.array(fc.tuple(fc.nat(40), fc.nat(40)), { maxLength: 12 });
  fc.assert(
    fc.property(ranges, fc.boolean(), (list, isAskedBetween) => {
      const delivered = new CountedRanges();
      const times = Array.from({ length: 41 }, () => 0);
      for (const [first, end] of list) {
        delivered.add(first, end);
        for (let offset = first; offset < end; offset++) times[offset]! += 1;
        if (isAskedBetween) delivered.timesAt(first);
      }
      expect(times.map((_, offset) => delivered.timesAt(offset))).toEqual(times);
    }),
  );
});

test('deliveries are counted right over 200 000 ranges that do not touch', () => {
  const delivered = new CountedRanges();
  for (let round = 0; round < 2; round++) {
    for (let offset = 0; offset < 200_000; offset += 2) delivered.add(offset, offset + 1);
  }
  for (const offset of [0, 2, 100_000, 199_998]) expect(delivered.timesAt(offset)).toBe(2);
  for (const offset of [1, 99_999, 200_000]) expect(delivered.timesAt(offset)).toBe(0);
});

test('numbers are kept by index, and an index that was not set holds 0', () => {
  const column = new NumberColumn('i32');
  expect(column.get(0)).toBe(0);
  column.set(40_000, -7);
  column.push(8);
  expect([0, 39_999, 40_000, 40_001, 40_002].map((index) => column.get(index))).toEqual([0, 0, -7, 8, 0]);
  expect(column.length).toBe(40_002);
});

test('up to 255 combinations of flags are distinguished', () => {
  const column = new FlagsColumn(1);
  column.resize(300);
  for (let index = 0; index < 256; index++) column.set(index, index * 7);
  for (let index = 0; index < 256; index++) expect(column.get(index)).toBe(index * 7);
  expect(column.get(299)).toBe(0);
  expect(() => column.set(0, 1)).toThrow('bug: more combinations');
});

test('a set of numbers contains exactly the numbers that were added', () => {
  const set = new BitSet();
  const numbers = [0, 31, 32, 32_767, 32_768, 2 ** 40];
  for (const number of numbers) set.add(number);
  expect(numbers.every((number) => set.has(number))).toBe(true);
  expect([1, 33, 2 ** 40 + 1, 2 ** 40 + 2 ** 32].some((number) => set.has(number))).toBe(false);
});
