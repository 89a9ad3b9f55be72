/** What of a batch of messages goes to one partition: one record batch, or several where one would be too large. */
import { RecordBatchEncoder } from '../../kafka/record-batch/record-batch-encoder.ts';

/** Uncompressed. Brokers refuse what passes 1 MiB and a few bytes, if they are not told otherwise. */
const recordBatchBytesMax = 1_000_000;
/** At most, of a record beside its key, payload and headers. */
const recordOverheadBytes = 40;
const initialBytes = 4096;

/** A record batch, and which messages are in it. */
export class Share {
  readonly encoder = new RecordBatchEncoder(initialBytes);
  #sequences = new Uint32Array(64);

  /** Of the messages in the encoder; valid until the next is added. */
  get sequences(): Uint32Array {
    return this.#sequences.subarray(0, this.encoder.count);
  }

  add(sequence: number, timestamp: number, key: Uint8Array, payload: Uint8Array, headers: Uint8Array): void {
    const index = this.encoder.count;
    if (index === this.#sequences.length) {
      const grown = new Uint32Array(index * 2);
      grown.set(this.#sequences);
      this.#sequences = grown;
    }
    this.#sequences[index] = sequence;
    this.encoder.append(timestamp, key, payload, headers);
  }
}

export class PartitionShare {
  readonly #shares = [new Share()];
  /** The one that is being filled; those behind it are empty. */
  #current = 0;

  /** Those that hold messages, in the order of these. */
  get filled(): Share[] {
    return this.#shares.filter(({ encoder }) => encoder.count > 0);
  }

  /** To be called before the first message of a batch is added, when nothing is filled. */
  begin(): void {
    this.#current = 0;
  }

  /** A message that is too large by itself stays so: what becomes of it is for the broker to say. */
  add(sequence: number, timestamp: number, key: Uint8Array, payload: Uint8Array, headers: Uint8Array): void {
    const bytes = key.length + payload.length + headers.length + recordOverheadBytes;
    let share = this.#shares[this.#current]!;
    if (share.encoder.count > 0 && share.encoder.bytes + bytes > recordBatchBytesMax) {
      this.#current++;
      share = this.#shares[this.#current] ??= new Share();
    }
    share.add(sequence, timestamp, key, payload, headers);
  }
}
