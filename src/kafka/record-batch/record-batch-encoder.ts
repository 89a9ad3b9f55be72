/**
 * Encodes record batches (format 2) record by record into one buffer, which it reuses for the next batch. `finish`
 * leaves producer id, epoch, sequence and checksum unset: `sealRecordBatch` sets them once the sequence is known.
 */
import { codecs, type Codec } from '../client/client-settings.ts';
import { compress } from './codecs.ts';
import { checksumOf, layout, lengthOverheadBytes } from './record-batch-layout.ts';

export type RecordHeader = readonly [name: string, value: Uint8Array | null];

export interface ProducerSequence {
  producerId: bigint;
  producerEpoch: number;
  baseSequence: number;
}

/** The values in a batch from a producer without idempotence. */
export const noSequence: ProducerSequence = { producerId: -1n, producerEpoch: -1, baseSequence: -1 };

/** In the attributes. */
const transactionalBit = 0x10;

export class RecordBatchEncoder {
  #buffer: Buffer;
  #position: number = layout.records;
  #count = 0;
  #baseTimestamp = 0;
  #maxTimestamp = 0;

  constructor(initialBytes = 64 * 1024) {
    this.#buffer = Buffer.allocUnsafe(Math.max(initialBytes, layout.records));
  }

  get count(): number {
    return this.#count;
  }

  /** Bytes so far, header included, before compression. */
  get bytes(): number {
    return this.#position;
  }

  /** `timestamp` in ms since the epoch; `headers` as entries, or as the result of `encodeHeaders`. */
  append(
    timestamp: number,
    key: Uint8Array | null,
    value: Uint8Array | null,
    headers: Uint8Array | readonly RecordHeader[] = noHeaders,
  ): void {
    if (this.#count === 0) this.#baseTimestamp = this.#maxTimestamp = timestamp;
    else if (timestamp > this.#maxTimestamp) this.#maxTimestamp = timestamp;
    const headerBytes = headers instanceof Uint8Array ? headers : encodeHeaders(headers);
    const timestampDelta = timestamp - this.#baseTimestamp;
    const recordBytes =
      1 +
      varintSize(timestampDelta) +
      varintSize(this.#count) +
      fieldSize(key) +
      fieldSize(value) +
      headerBytes.length;
    this.#reserve(recordBytes + 5);
    const target = this.#buffer;
    let position = writeVarint(target, this.#position, recordBytes);
    target[position++] = 0; // attributes: none are defined
    position = writeVarint(target, position, timestampDelta);
    position = writeVarint(target, position, this.#count);
    position = writeField(target, position, key);
    position = writeField(target, position, value);
    target.set(headerBytes, position);
    this.#position = position + headerBytes.length;
    this.#count++;
  }

  /**
   * Ends the batch and prepares the encoder for the next. Uncompressed bytes are a view of the encoder's buffer, and
   * are valid until the next `append`.
   */
  finish(codec: Codec = 'none'): Buffer {
    if (this.#count === 0) throw new RangeError('A record batch holds at least one record.');
    const batch = this.#compressed(codec);
    batch.writeBigInt64BE(0n, layout.baseOffset);
    batch.writeInt32BE(batch.length - lengthOverheadBytes, layout.length);
    batch.writeInt32BE(-1, layout.partitionLeaderEpoch);
    batch.writeInt8(2, layout.magic);
    batch.writeInt16BE(codecs.indexOf(codec), layout.attributes);
    batch.writeInt32BE(this.#count - 1, layout.lastOffsetDelta);
    batch.writeBigInt64BE(BigInt(this.#baseTimestamp), layout.baseTimestamp);
    batch.writeBigInt64BE(BigInt(this.#maxTimestamp), layout.maxTimestamp);
    batch.writeInt32BE(this.#count, layout.count);
    this.#count = 0;
    this.#position = layout.records;
    return batch;
  }

  #compressed(codec: Codec): Buffer {
    const batch = this.#buffer.subarray(0, this.#position);
    if (codec === 'none') return batch;
    const head = batch.subarray(0, layout.records);
    return Buffer.concat([head, compress(codec, batch.subarray(layout.records))]);
  }

  #reserve(bytes: number): void {
    const needed = this.#position + bytes;
    if (needed <= this.#buffer.length) return;
    const grown = Buffer.allocUnsafe(Math.max(needed, this.#buffer.length * 2));
    this.#buffer.copy(grown, 0, 0, this.#position);
    this.#buffer = grown;
  }
}

/** Says, in place, that the batch belongs to a transaction. To be called between `finish` and the seal. */
export function markTransactional(batch: Buffer): void {
  batch.writeInt16BE(batch.readInt16BE(layout.attributes) | transactionalBit, layout.attributes);
}

/** Sets, in place, the fields that `finish` left unset. */
export function sealRecordBatch(batch: Buffer, sequence: ProducerSequence = noSequence): void {
  batch.writeBigInt64BE(sequence.producerId, layout.producerId);
  batch.writeInt16BE(sequence.producerEpoch, layout.producerEpoch);
  batch.writeInt32BE(sequence.baseSequence, layout.baseSequence);
  batch.writeUInt32BE(checksumOf(batch), layout.crc);
}

/** Encodes a record's headers, for records that share them. */
export function encodeHeaders(headers: readonly RecordHeader[]): Buffer {
  const names = headers.map(([name]) => Buffer.from(name));
  const bytes = headers.reduce((sum, [, value], i) => sum + fieldSize(names[i]!) + fieldSize(value), 0);
  const target = Buffer.allocUnsafe(varintSize(headers.length) + bytes);
  let position = writeVarint(target, 0, headers.length);
  for (const [i, [, value]] of headers.entries()) {
    position = writeField(target, position, names[i]!);
    position = writeField(target, position, value);
  }
  return target;
}

const noHeaders = Uint8Array.of(0);

// Zigzag in floating point rather than bits: a timestamp's delta may be longer than 32 bits.
const zigzag = (value: number): number => (value < 0 ? value * -2 - 1 : value * 2);

function varintSize(value: number): number {
  let size = 1;
  for (let rest = zigzag(value); rest >= 0x80; rest /= 128) size++;
  return size;
}

function writeVarint(target: Buffer, position: number, value: number): number {
  let rest = zigzag(value);
  while (rest >= 0x80) {
    target[position++] = (rest & 0x7f) | 0x80;
    rest = Math.floor(rest / 128);
  }
  target[position++] = rest;
  return position;
}

const fieldSize = (field: Uint8Array | null): number =>
  field === null ? 1 : varintSize(field.length) + field.length;

function writeField(target: Buffer, position: number, field: Uint8Array | null): number {
  if (field === null) return writeVarint(target, position, -1);
  const start = writeVarint(target, position, field.length);
  target.set(field, start);
  return start + field.length;
}
