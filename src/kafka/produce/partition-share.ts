/** One partition's share of a batch of messages: one record batch, or several if one would be too large. */
import { RecordBatchEncoder } from '../record-batch/record-batch-encoder.ts';

/** Uncompressed. By default, brokers refuse record batches of more than 1 MiB and a few bytes. */
export const recordBatchBytesMax = 1_000_000;
/** The most that a record takes in addition to its key, payload and headers. */
const recordOverheadBytes = 40;
const initialBytes = 4096;

/** A record batch, and the sequences of its messages. */
export class Share {
  readonly encoder = new RecordBatchEncoder(initialBytes);
  #sequences = new Uint32Array(64);

  /** The sequences of the messages in the encoder; valid until the next is added. */
  get sequences(): Uint32Array {
    return this.#sequences.subarray(0, this.encoder.count);
  }

  add(
    sequence: number,
    timestamp: number,
    key: Uint8Array | null,
    payload: Uint8Array | null,
    headers: Uint8Array,
  ): void {
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
  readonly #bytesMax: number;
  /** The index of the share that is being filled; the later ones are empty. */
  #current = 0;

  /** `bytesMax`: of a record batch, before compression. */
  constructor(bytesMax = recordBatchBytesMax) {
    this.#bytesMax = bytesMax;
  }

  /** The shares that have messages, in the order of the messages. */
  get filled(): Share[] {
    return this.#shares.filter(({ encoder }) => encoder.count > 0);
  }

  /** To be called before the first message of a batch is added, while all shares are empty. */
  begin(): void {
    this.#current = 0;
  }

  /** A message that is too large by itself gets a share of its own: the broker decides about it. */
  add(
    sequence: number,
    timestamp: number,
    key: Uint8Array | null,
    payload: Uint8Array | null,
    headers: Uint8Array,
  ): void {
    const bytes = (key?.length ?? 0) + (payload?.length ?? 0) + headers.length + recordOverheadBytes;
    let share = this.#shares[this.#current]!;
    if (share.encoder.count > 0 && share.encoder.bytes + bytes > this.#bytesMax) {
      this.#current++;
      share = this.#shares[this.#current] ??= new Share();
    }
    share.add(sequence, timestamp, key, payload, headers);
  }
}
