/**
 * The latencies of this run's messages, from the time of their records until the store had committed them. The
 * times are whole milliseconds, rounded down when they were sent, so a latency is up to 1 ms too long.
 */
import type { RecordBatch } from '../../kafka/record-batch/record-batch.ts';
import type { LatencyLog } from '../../run-folder/latency-log.ts';
import { headerNames } from '../../workload/record-headers.ts';
import { wallClockMs } from '../../system/wall-clock.ts';

export class StoredLatency {
  readonly #run: Buffer;
  readonly #log: LatencyLog;
  /** For sorted records: their times, and how many consecutive records have each. */
  #times: number[] = [];
  #counts: number[] = [];
  /** For the records that are being stored. */
  #writing: { times: readonly number[]; counts: readonly number[] } = { times: [], counts: [] };

  constructor(run: string, log: LatencyLog) {
    this.#run = Buffer.from(run);
    this.#log = log;
  }

  /** Adds the sorted records of a batch, at `from` or above. */
  add(batch: RecordBatch, from: number): void {
    // One producer sent the whole batch, so its first record shows whether the records are this run's.
    const isOurs = batch.count > 0 && batch.crcOk && batch.header(0, headerNames.run)?.equals(this.#run);
    if (isOurs !== true) return;
    let last = this.#times.length - 1;
    for (let record = 0; record < batch.count; record++) {
      if (batch.offset[record]! < from) continue;
      const time = batch.timestamp[record]!;
      if (last >= 0 && this.#times[last] === time) {
        this.#counts[last]! += 1;
      } else {
        last = this.#times.push(time) - 1;
        this.#counts.push(1);
      }
    }
  }

  /** To be called when the added records are handed to the store. */
  writing(): void {
    this.#writing = { times: this.#times, counts: this.#counts };
    this.#times = [];
    this.#counts = [];
  }

  /** To be called when the store has committed them. */
  stored(): void {
    const nowMs = wallClockMs();
    const { times, counts } = this.#writing;
    for (let index = 0; index < times.length; index++)
      this.#log.record(nowMs - times[index]!, counts[index]!, nowMs);
    this.#writing = { times: [], counts: [] };
  }

  /** Forgets the records that are not stored: this consumer will not store them. */
  drop(): void {
    this.#times = [];
    this.#counts = [];
    this.#writing = { times: [], counts: [] };
  }
}
