/**
 * `messages.log`: the messages that nodrop made for a user's pipeline, in Kafka's record batches. A record's offset is the
 * message's sequence. Beside the user's headers, each has one with its id, and one with what is expected of it, unless that is
 * the default.
 */
import { closeSync, openSync, readSync, writeSync } from 'node:fs';
import { RecordBatchEncoder, sealRecordBatch } from '../kafka/record-batch/record-batch-encoder.ts';
import { RecordBatch, splitBatches } from '../kafka/record-batch/record-batch.ts';
import { namingFile } from '../system/write-whole.ts';
import { regularFile } from '../system/regular-file.ts';

export const messageLogName = 'messages.log';
export const idHeader = 'nodrop.id';
export const expectationHeader = 'nodrop.expect';

const readBytes = 4 * 1024 * 1024;

export interface LoggedMessage {
  id: string;
  key: Uint8Array | null;
  value: Uint8Array | null;
  headers: readonly (readonly [name: string, value: Uint8Array])[];
  /** JSON; undefined for the default. */
  expectation: string | undefined;
}

export class MessageLogWriter {
  readonly #path: string;
  readonly #file: number;
  readonly #encoder = new RecordBatchEncoder();
  #next = 0;

  /** Creates the file. Throws `usage` or `unavailable` if that is not possible. */
  constructor(path: string) {
    this.#path = path;
    this.#file = namingFile(path, () => openSync(path, 'wx', 0o600));
  }

  /** Appends messages, whose sequences follow on those before. */
  append(messages: readonly LoggedMessage[]): void {
    for (const { id, key, value, headers, expectation } of messages) {
      const own: [string, Uint8Array][] = [[idHeader, Buffer.from(id)]];
      if (expectation !== undefined) own.push([expectationHeader, Buffer.from(expectation)]);
      this.#encoder.append(0, key, value, [...own, ...headers]);
    }
    const batch = this.#encoder.finish();
    sealRecordBatch(batch);
    batch.writeBigInt64BE(BigInt(this.#next), 0);
    this.#next += messages.length;
    for (let done = 0; done < batch.length;)
      done += namingFile(this.#path, () => writeSync(this.#file, batch, done));
  }

  close(): void {
    closeSync(this.#file);
  }
}

/** Yields the batches of a log in their order. A batch that was cut off at the end is left out. */
export function* readMessages(path: string): Generator<RecordBatch> {
  const file = openSync(regularFile(path), 'r');
  try {
    let rest = Buffer.alloc(0);
    let bytes = readBytes;
    for (let at = 0; ;) {
      const chunk = Buffer.allocUnsafe(rest.length + bytes);
      rest.copy(chunk);
      const read = readSync(file, chunk, rest.length, bytes, at);
      if (read === 0) return;
      at += read;
      const all = chunk.subarray(0, rest.length + read);
      let used = 0;
      for (const batch of splitBatches(all)) {
        used += batch.length;
        yield new RecordBatch(batch);
      }
      rest = all.subarray(used);
      // A batch that is longer than the chunk needs a longer one.
      bytes = used === 0 ? Math.max(bytes, 2 * rest.length) : readBytes;
    }
  } finally {
    closeSync(file);
  }
}
