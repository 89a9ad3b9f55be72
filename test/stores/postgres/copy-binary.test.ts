import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  BinaryCopyDecoder,
  BinaryCopyEncoder,
  createTimestampReader,
  int8Of,
  type BinaryRow,
} from '../../../src/stores/postgres/copy-binary.ts';

const fields = fc.array(fc.option(fc.uint8Array({ maxLength: 40 })), { minLength: 1, maxLength: 4 });

test('what was encoded is decoded, wherever the chunks end', () => {
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
      const decoded: BinaryRow[] = [];
      for (let at = 0; at < bytes.length;) {
        expect(decoder.ended).toBe(false);
        const end = at + sizes.next().value;
        decoded.push(...decoder.decode(bytes.subarray(at, end)));
        at = end;
      }
      expect(decoder.ended).toBe(true);
      const plain = (row: (Uint8Array | null)[]): (number[] | null)[] =>
        row.map((field) => field && [...field]);
      expect(decoded.map(plain)).toEqual(rows.map(plain));
    }),
  );
});

function encodeOne(encode: (encoder: BinaryCopyEncoder) => void): Buffer | null {
  const encoder = new BinaryCopyEncoder();
  encoder.begin();
  encoder.row(1);
  encode(encoder);
  encoder.end();
  const [row] = new BinaryCopyDecoder().decode(Buffer.from(encoder.take()));
  return row![0]!;
}

test('integers, texts and times have the bytes that PostgreSQL reads', () => {
  fc.assert(
    fc.property(fc.maxSafeInteger(), (value) => {
      const field = encodeOne((encoder) => encoder.int8(value))!;
      expect(field.readBigInt64BE(0)).toBe(BigInt(value));
      expect(int8Of(field)).toBe(value);
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
    expect(timestampOf(encodeOne((encoder) => encoder.timestamp(Date.parse(time)))!)).toBe(time);
  }
  const infinity = Buffer.from('7fffffffffffffff', 'hex');
  expect(timestampOf(infinity)).toBe(String(2 ** 63));
});

test('what is no binary COPY is refused', () => {
  expect(() => new BinaryCopyDecoder().decode(Buffer.from('a text of some length'))).toThrow('not a binary');
});

test('a field larger than the buffer makes it grow, and it is used again', () => {
  const encoder = new BinaryCopyEncoder();
  const large = Buffer.alloc(3 << 20, 7);
  for (const value of [large, Buffer.from('x'), large]) {
    encoder.begin();
    encoder.row(1);
    encoder.bytes(value);
    encoder.end();
    expect(new BinaryCopyDecoder().decode(Buffer.from(encoder.take()))[0]![0]!.equals(value)).toBe(true);
  }
});
