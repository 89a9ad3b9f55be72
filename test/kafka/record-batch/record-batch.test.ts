import { gzipSync, zstdCompressSync } from 'node:zlib';
import { Reader, compressionsAlgorithms, createRecordsBatch, readRecordsBatches } from '@platformatic/kafka';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { codecs, type Codec } from '../../../src/kafka/client/client-settings.ts';
import { decompress, decompressedBytesMax } from '../../../src/kafka/record-batch/codecs.ts';
import {
  RecordBatch,
  decodeRecordBatches,
  nextOffset,
} from '../../../src/kafka/record-batch/record-batch.ts';
import {
  RecordBatchEncoder,
  encodeHeaders,
  sealRecordBatch,
} from '../../../src/kafka/record-batch/record-batch-encoder.ts';
import { layout, lengthOverheadBytes } from '../../../src/kafka/record-batch/record-batch-layout.ts';

interface Entry {
  timestamp: number;
  key: Buffer | null;
  value: Buffer | null;
  headers: [string, Buffer | null][];
}

const bytes = (maxLength: number): fc.Arbitrary<Buffer> =>
  fc.uint8Array({ maxLength }).map((array) => Buffer.from(array));

const entry: fc.Arbitrary<Entry> = fc.record({
  timestamp: fc.integer({ min: 0, max: 2 ** 43 }),
  key: fc.option(bytes(20)),
  value: fc.option(bytes(300)),
  headers: fc.array(fc.tuple(fc.string({ maxLength: 12 }), fc.option(bytes(12))), { maxLength: 4 }),
});
const entries = fc.array(entry, { minLength: 1, maxLength: 20 });
const codec = fc.constantFrom(...codecs);

const sequence = { producerId: 2n ** 40n + 1n, producerEpoch: 7, baseSequence: 0x7ffffff0 };

function encode(
  records: readonly Entry[],
  codec: Codec = 'none',
  encoder = new RecordBatchEncoder(16),
): Buffer {
  for (const { timestamp, key, value, headers } of records) encoder.append(timestamp, key, value, headers);
  const batch = Buffer.from(encoder.finish(codec));
  sealRecordBatch(batch, sequence);
  return batch;
}

const decodeOne = (batch: Buffer): RecordBatch => {
  const [only, ...others] = decodeRecordBatches(batch);
  expect(others).toEqual([]);
  return only!;
};

const entriesOf = (batch: RecordBatch): Entry[] =>
  Array.from({ length: batch.count }, (_, i) => ({
    timestamp: batch.timestamp[i]!,
    key: batch.key(i),
    value: batch.value(i),
    headers: [...batch.headers(i)],
  }));

const sample: Entry[] = Array.from({ length: 50 }, (_, i) => ({
  timestamp: 1_700_000_000_000 + i,
  key: Buffer.from(`key-${i}`),
  value: Buffer.from('x'.repeat(i)),
  headers: [['n', Buffer.from(String(i))]],
}));

describe('an encoded batch', () => {
  test('is decoded unchanged, with every codec', () => {
    fc.assert(
      fc.property(entries, codec, (records, codec) => {
        const batch = decodeOne(encode(records, codec));
        expect(batch).toMatchObject({ ...sequence, codec, crcOk: true, undecodable: undefined });
        expect(batch).toMatchObject({ baseOffset: 0, lastOffsetDelta: records.length - 1, isControl: false });
        expect(batch.maxTimestamp).toBe(Math.max(...records.map((record) => record.timestamp)));
        expect(batch.statedCount).toBe(records.length);
        expect(entriesOf(batch)).toEqual(records);
        expect([...batch.offset]).toEqual(records.map((_, i) => i));
      }),
    );
  });

  test('is read by the client library', () => {
    fc.assert(
      fc.property(entries, codec, (records, codec) => {
        const [read] = readRecordsBatches(Reader.from(encode(records, codec)));
        const { producerId, producerEpoch, baseSequence: firstSequence } = sequence;
        expect(read).toMatchObject({
          producerId,
          producerEpoch,
          firstSequence,
          lastOffsetDelta: records.length - 1,
        });
        const base = read!.firstTimestamp;
        expect(
          read!.records.map(({ timestampDelta, key, value, headers }) => ({
            timestamp: Number(base + timestampDelta),
            key,
            value,
            headers: headers.map(([name, value]) => [String(name), value]),
          })),
        ).toEqual(records);
      }),
    );
  });

  test('leaves nothing behind in the encoder', () => {
    const encoder = new RecordBatchEncoder();
    const first = encode(sample, 'none', encoder);
    encode(sample.slice(7), 'zstd', encoder);
    expect(encoder.count).toBe(0);
    expect(encode(sample, 'none', encoder)).toEqual(first);
  });

  test('may have a thousand headers that are encoded already', () => {
    const headers = Array.from({ length: 1000 }, (_, i): [string, Buffer] => [
      `h${i}`,
      Buffer.from([i & 255]),
    ]);
    const encoder = new RecordBatchEncoder();
    encoder.append(1, null, null, encodeHeaders(headers));
    const batch = new RecordBatch(encoder.finish());
    expect([...batch.headers(0)]).toEqual(headers);
    expect(batch.header(0, 'h999')).toEqual(Buffer.from([999 & 255]));
  });

  test('has at least one record', () => {
    expect(() => new RecordBatchEncoder().finish()).toThrow('at least one record');
  });
});

test('a batch that the client library encoded is decoded', () => {
  fc.assert(
    fc.property(entries, codec, (drawn, codec) => {
      // The library encodes a timestamp's delta of more than 31 bits wrongly.
      const records = drawn.map((record) => ({ ...record, timestamp: record.timestamp % 2 ** 31 }));
      const messages = records.map(({ timestamp, key, value, headers }) => ({
        topic: 't',
        timestamp: BigInt(timestamp),
        ...(key && { key }),
        ...(value && { value }),
        headers: new Map(headers.map(([name, value]) => [Buffer.from(name), value ?? Buffer.alloc(0)])),
      }));
      const written = createRecordsBatch(messages as never, { compression: codec }).buffer;
      const batch = decodeOne(written);
      expect(batch).toMatchObject({ crcOk: true, undecodable: undefined, producerId: -1n });
      const expected = records.map((record) => ({
        ...record,
        headers: record.headers.map(([name, value]) => [name, value ?? Buffer.alloc(0)]),
      }));
      expect(entriesOf(batch)).toEqual(expected);
    }),
  );
});

const withHeaders = (headers: Entry['headers']): RecordBatch =>
  decodeOne(encode([{ timestamp: 0, key: null, value: null, headers }]));

describe('headers', () => {
  test('are found by name, and the first of two counts', () => {
    const batch = withHeaders([
      ['ab', Buffer.from('1')],
      ['bb', null],
      ['ab', Buffer.from('2')],
      ['', Buffer.alloc(0)],
    ]);
    expect(batch.header(0, 'ab')).toEqual(Buffer.from('1'));
    expect(batch.header(0, '')).toEqual(Buffer.alloc(0));
    expect(batch.header(0, 'bb')).toBeNull();
    expect(batch.header(0, 'cb')).toBeNull();
    expect(batch.header(0, 'b')).toBeNull();
  });
});

describe('several batches', () => {
  const three = [sample, sample.slice(0, 1), sample.slice(3)].map((records) => encode(records));

  test('are yielded one by one, except one that is cut short', () => {
    const whole = Buffer.concat(three);
    const ends = three.map((_, i) => Buffer.concat(three.slice(0, i + 1)).length);
    for (let length = 0; length <= whole.length; length += 13) {
      const expected = ends.filter((end) => end <= length).length;
      expect([...decodeRecordBatches(whole.subarray(0, length))]).toHaveLength(expected);
    }
  });

  test('are decoded even if one between them is damaged', () => {
    const damaged = Buffer.from(three[1]!);
    damaged[layout.records] = 0xff;
    const [first, second, third] = decodeRecordBatches(Buffer.concat([three[0]!, damaged, three[2]!]));
    expect([first!.crcOk, second!.crcOk, third!.crcOk]).toEqual([true, false, true]);
    expect(second).toMatchObject({ count: 0, statedCount: 1, undecodable: expect.any(String) });
    expect(third!.count).toBe(sample.length - 3);
  });
});

describe('damage to a batch', () => {
  test('is found by the checksum, whichever bit it flips', () => {
    fc.assert(
      fc.property(entries, codec, fc.nat(), fc.nat(7), (records, codec, position, bit) => {
        const batch = encode(records, codec);
        batch[layout.crc + (position % (batch.length - layout.crc))]! ^= 1 << bit;
        expect(decodeOne(batch).crcOk).toBe(false);
      }),
    );
  });

  test('in a value leaves the records readable, with a wrong checksum', () => {
    const batch = encode(sample);
    batch[batch.length - 10]! ^= 1;
    expect(decodeOne(batch)).toMatchObject({ crcOk: false, count: sample.length, undecodable: undefined });
  });

  test.each([
    ['an older format', (batch: Buffer) => batch.writeInt8(1, layout.magic), 'record format 1'],
    ['an impossible length', (batch: Buffer) => batch.writeInt32BE(3, layout.length), 'length 3'],
    ['a negative length', (batch: Buffer) => batch.writeInt32BE(-1, layout.length), 'length -1'],
    ['too many records', (batch: Buffer) => batch.writeInt32BE(2 ** 31 - 1, layout.count), 'do not fit'],
    ['a negative count', (batch: Buffer) => batch.writeInt32BE(-1, layout.count), 'do not fit'],
    ['an unknown codec', (batch: Buffer) => batch.writeInt16BE(7, layout.attributes), 'codec'],
  ])('is named: %s', (_, harm, reason) => {
    const batch = encode(sample);
    harm(batch);
    expect(decodeOne(batch)).toMatchObject({ count: 0, undecodable: expect.stringContaining(reason) });
  });

  test('in its records and counts at worst makes it undecodable', () => {
    const hostile = fc.tuple(codec, bytes(400), fc.integer(), fc.integer({ min: 0, max: 60 }));
    fc.assert(
      fc.property(hostile, ([codec, noise, count, lastOffsetDelta]) => {
        const batch = Buffer.concat([encode(sample).subarray(0, layout.records), noise]);
        batch.writeInt32BE(batch.length - layout.partitionLeaderEpoch, layout.length);
        batch.writeInt16BE(codecs.indexOf(codec), layout.attributes);
        batch.writeInt32BE(count % 100, layout.count);
        batch.writeInt32BE(lastOffsetDelta, layout.lastOffsetDelta);
        const read = decodeOne(batch);
        expect(read.undecodable === undefined || read.count === 0).toBe(true);
        for (const { key } of entriesOf(read)) expect(key === null || key.length <= noise.length).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  test('of any kind never makes decoding run on for ever', () => {
    fc.assert(
      fc.property(bytes(500), (noise) => {
        for (const batch of decodeRecordBatches(noise)) expect(batch.count).toBeLessThan(noise.length);
      }),
      { numRuns: 500 },
    );
  });
});

describe('a batch that is too large when decompressed is refused:', () => {
  test.each(['gzip', 'zstd', 'lz4'] as const)('%s', (codec) => {
    const encoder = new RecordBatchEncoder();
    encoder.append(0, null, Buffer.alloc(decompressedBytesMax));
    const batch = encoder.finish(codec);
    sealRecordBatch(batch);
    expect(decodeOne(batch)).toMatchObject({ crcOk: true, count: 0, undecodable: expect.any(String) });
  });

  test('snappy', () => {
    expect(() => decompress('snappy', Buffer.from('ffffffff0f00', 'hex'))).toThrow('more than');
    expect(() => decompress('snappy', Buffer.from('ffffffffffff', 'hex'))).toThrow('malformed');
  });
});

/** As xerial's library writes it: a header, then chunks with their lengths. */
function xerial(...chunks: Buffer[]): Buffer {
  const header = Buffer.from('82534e4150505900 00000001 00000001'.replaceAll(' ', ''), 'hex');
  const parts = chunks.map((chunk) => {
    const packed = compressionsAlgorithms.snappy.compressSync(chunk);
    const length = Buffer.alloc(4);
    length.writeUInt32BE(packed.length);
    return Buffer.concat([length, packed]);
  });
  return Buffer.concat([header, ...parts]);
}

describe('streams one after the other are read like in the Java client:', () => {
  const parts = [Buffer.alloc(1000, 'a'), Buffer.alloc(0), Buffer.from('b'.repeat(70_000)), Buffer.from('c')];
  const whole = Buffer.concat(parts);

  test.each<[string, Codec, Buffer]>([
    ['gzip members', 'gzip', Buffer.concat(parts.map((part) => gzipSync(part)))],
    ['zstd frames', 'zstd', Buffer.concat(parts.map((part) => zstdCompressSync(part)))],
    ['xerial streams', 'snappy', Buffer.concat(parts.map((part) => xerial(part)))],
    [
      'xerial chunks and streams',
      'snappy',
      Buffer.concat([xerial(...parts.slice(0, 2)), xerial(...parts.slice(2))]),
    ],
  ])('%s', (_, codec, bytes) => {
    expect(decompress(codec, bytes).equals(whole)).toBe(true);
  });

  test('a zstd frame that is to be skipped', () => {
    const skipped = Buffer.from('502a4d18 03000000 616263'.replaceAll(' ', ''), 'hex');
    const frame = zstdCompressSync(parts[0]!);
    expect(decompress('zstd', Buffer.concat([frame, skipped, frame])).length).toBe(2_000);
  });

  test('of lz4, the first frame', () => {
    const frames = ['first', 'second'].map((part) =>
      compressionsAlgorithms.lz4.compressSync(Buffer.from(part)),
    );
    expect(decompress('lz4', Buffer.concat(frames)).toString()).toBe('first');
  });

  test.each<[string, Codec, Buffer]>([
    [
      'a zstd frame that is cut off',
      'zstd',
      Buffer.concat([zstdCompressSync(whole), zstdCompressSync(whole).subarray(0, 20)]),
    ],
    [
      'other bytes behind a zstd frame',
      'zstd',
      Buffer.concat([zstdCompressSync(whole), Buffer.from('other')]),
    ],
    [
      'a xerial header that is cut off',
      'snappy',
      Buffer.concat([xerial(whole), xerial(whole).subarray(0, 12)]),
    ],
    [
      'a xerial chunk that is cut off',
      'snappy',
      Buffer.concat([xerial(whole), xerial(whole).subarray(0, 19)]),
    ],
  ])('%s is refused', (_, codec, bytes) => {
    expect(() => decompress(codec, bytes)).toThrow(/end of file|frame descriptor|cut off|out of range/);
  });

  test('a batch is decoded from several frames', () => {
    const batch = encode(sample);
    const records = batch.subarray(layout.records);
    const frames = [records.subarray(0, 50), records.subarray(50)].map((part) => zstdCompressSync(part));
    const framed = Buffer.concat([batch.subarray(0, layout.records), ...frames]);
    framed.writeInt16BE(codecs.indexOf('zstd'), layout.attributes);
    framed.writeInt32BE(framed.length - lengthOverheadBytes, layout.length);
    sealRecordBatch(framed, sequence);
    expect(entriesOf(decodeOne(framed))).toEqual(sample);
  });

  test('together, they may not be larger than the limit', () => {
    const half = Buffer.alloc(decompressedBytesMax / 2 + 1);
    const zstd = zstdCompressSync(half);
    expect(() => decompress('zstd', Buffer.concat([zstd, zstd]))).toThrow('larger than');
    const snappy = xerial(half);
    expect(() => decompress('snappy', Buffer.concat([snappy, snappy]))).toThrow('more than');
  });
});

describe('the offset to read on from', () => {
  test('follows the last record written, even if compaction has removed records', () => {
    const batch = encode(sample);
    batch.writeBigInt64BE(1000n, layout.baseOffset);
    expect(nextOffset(batch)).toBe(1000 + sample.length);
    batch.writeInt32BE(99, layout.lastOffsetDelta);
    sealRecordBatch(batch, sequence);
    expect(nextOffset(batch)).toBe(1100);
  });

  test('is never far beyond the records if lastOffsetDelta is damaged', () => {
    const batch = encode(sample);
    batch.writeInt32BE(2 ** 30, layout.lastOffsetDelta);
    expect(nextOffset(batch)).toBe(sample.length);
    batch.writeInt32BE(-5, layout.lastOffsetDelta);
    expect(nextOffset(batch)).toBe(1);
  });
});

test('the log-append time of a batch replaces the times of its records', () => {
  const batch = encode(sample);
  batch.writeInt16BE(1 << 3, layout.attributes);
  batch.writeBigInt64BE(42n, layout.maxTimestamp);
  sealRecordBatch(batch, sequence);
  const read = decodeOne(batch);
  expect(read.timestampType).toBe('log-append');
  expect(new Set(read.timestamp)).toEqual(new Set([42]));
});
