/** Makes rows like a consumer's: 200-byte payloads in three categories, without a broker. */
import { RowBatch, type Advance, type ClaimedTopic } from '../src/stores/store.ts';
import { messageId, Workload } from '../src/workload/workload.ts';

export const categories = ['failed', 'completed', 'in-progress'];
export const partitions = 3;
export const batchRows = 5_000;

export const topicOf = (run: string): ClaimedTopic => ({
  run,
  topic: `nodrop-${run}`,
  topicId: '9b7e6f0a-0000-4000-8000-000000000000',
});

/** Consecutive batches of rows, with their advances under epoch 1. */
export function makeRows(run: string, rows: number): { batch: RowBatch; advances: Advance[] }[] {
  const states = categories.map((name) => ({ name, weight: 1 }));
  const workload = new Workload({ seed: 1, states, payloadBytes: 200 });
  const next = Array.from({ length: partitions }, () => 0);
  const made = [];
  for (let first = 0; first < rows; first += batchRows) {
    const from = [...next];
    const batch = new RowBatch();
    for (let sequence = first; sequence < Math.min(first + batchRows, rows); sequence++) {
      const { key, state, payload } = workload.message(0, sequence);
      const partition = sequence % partitions;
      batch.add({
        category: state,
        partition,
        offset: next[partition]!++,
        key: Buffer.from(key),
        payload: Buffer.from(payload),
        run,
        producer: 'p0',
        sequence,
        id: messageId(0, sequence),
        digest: sequence.toString(16).padStart(16, '0'),
      });
    }
    const advances = next.map((end, partition) => ({
      partition,
      from: from[partition]!,
      next: end,
      epoch: 1,
    }));
    made.push({ batch, advances });
  }
  return made;
}
