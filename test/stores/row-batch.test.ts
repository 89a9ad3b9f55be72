import { expect, test } from 'vitest';
import { RowBatch, type RowValues } from '../../src/stores/store.ts';
import { valuesOf } from '../fixtures/store-batches.ts';

const nobody: RowValues = {
  ...valuesOf(1, 2, 2 ** 40),
  key: null,
  payload: Buffer.alloc(0),
  run: null,
  producer: null,
  sequence: null,
  id: null,
  digest: null,
};

test('rows are read back unchanged, whatever their columns hold', () => {
  const rows = [
    valuesOf(0, 0, 0),
    nobody,
    { ...valuesOf(2, 1, 7), id: 'another', digest: 'é' },
    { ...valuesOf(2, 1, 8), id: null },
    { ...nobody, key: Buffer.alloc(0), payload: null, producer: 'p7', id: '' },
    { ...nobody, run: '', producer: 'p7', sequence: 2 ** 53 - 1, id: `p7-${2 ** 53 - 1}` },
  ];
  expect(RowBatch.of(rows).allValues()).toEqual(rows);
});

test('a batch grows beyond its initial size, and is empty after it is cleared', () => {
  const rows = Array.from({ length: 10_000 }, (_, offset) => valuesOf(offset % 3, offset % 5, offset));
  const batch = RowBatch.of(rows);
  expect(batch.allValues()).toEqual(rows);
  batch.deadLetters.push({ partition: 0, offset: 1, key: null, payload: null, headers: null, reason: '' });
  expect(batch.size).toBe(10_001);
  batch.clear();
  expect(batch.size).toBe(0);
  // The id of a cleared row must not appear in the next row at its index.
  batch.add({ ...nobody, id: 'x' });
  batch.clear();
  batch.add(nobody);
  expect(batch.allValues()).toEqual([nobody]);
});

test('equal texts in a batch share one index', () => {
  const batch = RowBatch.of([valuesOf(0, 0, 0), nobody, valuesOf(0, 0, 1)]);
  expect(batch.run[0]).toBe(batch.run[2]);
  expect(batch.textAt(batch.run[1]!)).toBeNull();
});
