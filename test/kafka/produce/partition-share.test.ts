import { expect, test } from 'vitest';
import { RecordBatch } from '../../../src/kafka/record-batch/record-batch.ts';
import { PartitionShare } from '../../../src/kafka/produce/partition-share.ts';

const [key, headers] = [Buffer.from('k'), Buffer.from([0])];
/** Kafka's default for `max.message.bytes`. */
const brokerBytesMax = 1_048_588;

test('messages that do not fit into one record batch are split over several, in order', () => {
  const share = new PartitionShare();
  for (const round of [0, 1]) {
    share.begin();
    for (let sequence = 0; sequence < 25; sequence++)
      share.add(sequence + round, 7, key, Buffer.alloc(100_000), headers);
    const batches = share.filled.map((each) => ({
      sequences: [...each.sequences],
      bytes: each.encoder.finish(),
    }));
    expect(batches.map(({ sequences }) => sequences.length)).toEqual([9, 9, 7]);
    expect(batches.flatMap(({ sequences }) => sequences)).toEqual(
      Array.from({ length: 25 }, (_, index) => index + round),
    );
    for (const { sequences, bytes } of batches) {
      expect(bytes.length).toBeLessThan(brokerBytesMax);
      expect(new RecordBatch(bytes).count).toBe(sequences.length);
    }
    expect(share.filled).toEqual([]);
  }
});

test('a message that is larger than a record batch may be is sent alone', () => {
  const share = new PartitionShare();
  for (const [sequence, size] of [10, 2_000_000, 10].entries())
    share.add(sequence, 7, key, Buffer.alloc(size), headers);
  expect(share.filled.map(({ sequences }) => [...sequences])).toEqual([[0], [1], [2]]);
});
