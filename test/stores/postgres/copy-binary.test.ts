import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  BinaryCopyDecoder,
  BinaryCopyEncoder,
  createTimestampReader,
  int8At,
  type BinaryRow,
} from '../../../src/stores/postgres/copy-binary.ts';

/** Copies, since a row is valid only until the next one. */
const fieldsOf = ({ bytes, count, starts, ends }: BinaryRow): (Buffer | null)[] =>
  Array.from({ length: count }, (_, index) =>
    starts[index]! < 0 ? null : Buffer.from(bytes.subarray(starts[index], ends[index])),
  );

const fields = fc.array(fc.option(fc.uint8Array({ maxLength: 40 })), { minLength: 1, maxLength: 4 });

test('encoded rows are decoded unchanged, wherever the chunks end', () => {
  fc.assert(
    fc.property(fc.array(fields), fc.infiniteStream(fc.integer({ min: 1, max: 30 })), (rows, sizes) => {
      const encoder = new BinaryCopyEncoder();
      encoder.begin();
      for (const row of rows) {
        encoder.row(row.length);
        for (const field of row) encoder.bytes(field);
      }
      encoder.end();
      const bytes = Buffer.from(encoder.take());
      const decoder = new BinaryCopyDecoder();
      const decoded: (Buffer | null)[][] = [];
      for (let at = 0; at < bytes.length;) {
        expect(decoder.ended).toBe(false);
        const end = at + sizes.next().value;
        decoder.decode(bytes.subarray(at, end), (row) => decoded.push(fieldsOf(row)));
        at = end;
      }
      expect(decoder.ended).toBe(true);
      const plain = (row: (Uint8Array | null)[]): (number[] | null)[] =>
        row.map((field) => field && [...field]);
      expect(decoded.map(plain)).toEqual(rows.map(plain));
    }),
  );
});

/** The first field of the first row. */
function firstOf(bytes: Buffer): Buffer | null {
  const rows: (Buffer | null)[][] = [];
  new BinaryCopyDecoder().decode(bytes, (row) => rows.push(fieldsOf(row)));
  return rows[0]![0]!;
}

function encodeOne(encode: (encoder: BinaryCopyEncoder) => void): Buffer | null {
  const encoder = new BinaryCopyEncoder();
  encoder.begin();
  encoder.row(1);
  encode(encoder);
  encoder.end();
  return firstOf(Buffer.from(encoder.take()));
}

test('integers, texts and times are encoded in the binary format of PostgreSQL', () => {
  fc.assert(
    fc.property(fc.maxSafeInteger(), (value) => {
      const field = encodeOne((encoder) => encoder.int8(value))!;
      expect(field.readBigInt64BE(0)).toBe(BigInt(value));
      expect(int8At(field, 0)).toBe(value);
    }),
  );
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (value) => {
      const field = encodeOne((encoder) => encoder.text(value))!;
      expect(field.toString('utf8')).toBe(value.replaceAll('\0', '\ufffd'));
    }),
  );
  expect(encodeOne((encoder) => encoder.int4(-2))!.readInt32BE(0)).toBe(-2);
  const timestampOf = createTimestampReader();
  for (const time of ['2026-01-01T00:00:00.000Z', '1999-12-31T23:59:59.999Z', '2026-01-01T00:00:00.001Z']) {
    expect(
      timestampOf(
        encodeOne((encoder) => encoder.timestamp(Date.parse(time)))!,
        0,
      ),
    ).toBe(time);
  }
  const infinity = Buffer.from('7fffffffffffffff', 'hex');
  expect(timestampOf(infinity, 0)).toBe(String(2 ** 63));
});

test('data that is not a binary COPY is refused', () => {
  expect(() => new BinaryCopyDecoder().decode(Buffer.from('a text of some length'), () => undefined)).toThrow(
    'not a binary',
  );
});

test('the buffer grows for a field that is larger, and is used again', () => {
  const encoder = new BinaryCopyEncoder();
  const large = Buffer.alloc(3 << 20, 7);
  for (const value of [large, Buffer.from('x'), large]) {
    encoder.begin();
    encoder.row(1);
    encoder.bytes(value);
    encoder.end();
    expect(firstOf(Buffer.from(encoder.take()))!.equals(value)).toBe(true);
  }
});
