import { beforeEach, expect, test } from 'vitest';
import type { FetchedPartition } from '../../../src/kafka/fetch/fetch.ts';
import { layout, lengthOverheadBytes } from '../../../src/kafka/record-batch/record-batch-layout.ts';
import { FetchAhead } from '../../../src/pipeline/consumer/fetch-ahead.ts';

const { signal } = new AbortController();
const at = (...next: number[]): Map<number, { next: number }> =>
  new Map(next.map((offset, partition) => [partition, { next: offset }]));

/** A batch with only a base offset and a count. */
function records(baseOffset: number, count: number): Buffer {
  const batch = Buffer.alloc(layout.records);
  batch.writeBigInt64BE(BigInt(baseOffset), layout.baseOffset);
  batch.writeInt32BE(batch.length - lengthOverheadBytes, layout.length);
  batch.writeInt8(2, layout.magic);
  batch.writeInt32BE(count - 1, layout.lastOffsetDelta);
  batch.writeInt32BE(count, layout.count);
  return batch;
}

const fetched = (partition: number, bytes: Buffer): FetchedPartition => ({
  partition,
  error: 'NONE',
  highWatermark: 0,
  lastStableOffset: 0,
  abortedTransactions: [],
  records: bytes,
});

let asked: { positions: number[]; signal: AbortSignal }[];
let ahead: FetchAhead;
beforeEach(() => {
  asked = [];
  ahead = new FetchAhead({
    fetch: async (positions, signal) => {
      asked.push({ positions: [...positions.values()].map(({ next }) => next), signal });
      return [fetched(0, Buffer.alloc(asked.length))];
    },
  });
});

test('the next records are fetched ahead, and returned if the next fetch asks for their positions', async () => {
  await ahead.begin(at(3, 8), [fetched(0, Buffer.concat([records(0, 5), records(5, 5)]))], signal);
  expect(asked.map(({ positions }) => positions)).toEqual([[8, 10]]);
  expect((await ahead.fetch(at(10, 8), signal))[0]!.records).toHaveLength(1);
  expect(asked).toHaveLength(1);
  await ahead.fetch(at(10, 8), signal);
  expect(asked).toHaveLength(2);
});

test.each([
  ['another offset', at(9, 8)],
  ['a partition fewer', at(10)],
  ['a partition more', at(10, 8, 0)],
])('the fetch ahead is aborted if the next fetch asks for %s', async (_, positions) => {
  await ahead.begin(at(3, 8), [fetched(0, records(0, 10))], signal);
  expect((await ahead.fetch(positions, signal))[0]!.records).toHaveLength(2);
  expect(asked.map((request) => request.signal.aborted)).toEqual([true, false]);
});

test('a fetch ahead that was dropped is not returned, even for the same positions', async () => {
  await ahead.begin(at(0), [fetched(0, records(0, 10))], signal);
  ahead.drop();
  expect((await ahead.fetch(at(10), signal))[0]!.records).toHaveLength(2);
});

test('nothing is fetched ahead after an empty answer', async () => {
  await ahead.begin(at(0), [fetched(0, Buffer.alloc(0))], signal);
  expect(asked).toEqual([]);
});

test('where records were removed, the fetch ahead begins behind them', async () => {
  const gap = { ...fetched(1, Buffer.alloc(0)), skipTo: 50 };
  await ahead.begin(at(0, 7), [fetched(0, records(0, 1)), gap], signal);
  expect(asked.map(({ positions }) => positions)).toEqual([[1, 50]]);
});

test('the error of a fetch ahead is thrown by the next fetch, and is ignored after a drop', async () => {
  const failing = new FetchAhead({ fetch: () => Promise.reject(new Error('no')) });
  await failing.begin(at(0), [fetched(0, records(0, 1))], signal);
  await expect(failing.fetch(at(1), signal)).rejects.toThrow('no');
  await failing.begin(at(0), [fetched(0, records(0, 1))], signal);
  failing.drop();
});
