/** PostgreSQL's text COPY, in chunks that end anywhere. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { CopyTextDecoder } from '../../src/sinks/postgres/copy-text.ts';
import type { PostgresColumn } from '../../src/sinks/postgres/postgres-columns.ts';
import { ValueBatchBuilder } from '../../src/values/value-batch.ts';

const column = (kind: PostgresColumn['kind']): PostgresColumn => ({
  name: kind,
  type: kind,
  kind,
  isDocument: false,
  isBoolean: kind === 'boolean',
});

/** As the server writes it. */
const letters: Record<string, string> = {
  '\\': '\\\\',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
};
const escaped = (text: string): string => text.replaceAll(/[\\\b\f\n\r\t\v]/g, (letter) => letters[letter]!);

test('all values come as they were, however the bytes are cut', () => {
  const text = fc.option(
    fc.string({ unit: fc.constantFrom('\\', 'N', '.', '\t', '\n', '\r', '\b', '\f', '\v', 'é', '😀', 'x') }),
  );
  const row = fc.record({
    text,
    flag: fc.option(fc.boolean()),
    bytes: fc.option(fc.uint8Array({ maxLength: 90 })),
  });
  fc.assert(
    fc.property(fc.array(row), fc.array(fc.integer({ min: 1, max: 30 })), (rows, cuts) => {
      const lines = rows.map((each) =>
        [
          each.text === null ? '\\N' : escaped(each.text),
          each.flag === null ? '\\N' : each.flag ? 't' : 'f',
          each.bytes === null ? '\\N' : `\\\\x${Buffer.from(each.bytes).toString('hex')}`,
        ].join('\t'),
      );
      const whole = Buffer.from(lines.map((line) => `${line}\n`).join(''));
      const builder = new ValueBatchBuilder(4);
      const columns = [column('text'), column('boolean'), column('bytes')];
      const places = [0, 1, 2, 0].map((at) => ({ column: at, path: undefined }));
      const decoder = new CopyTextDecoder({ columns, places, kinds: [] }, builder);
      let at = 0;
      for (const cut of cuts) {
        decoder.decode(Buffer.from(whole.subarray(at, at + cut)));
        at += cut;
      }
      decoder.decode(Buffer.from(whole.subarray(at)));
      const { bytes, start, end } = builder.take();
      const value = (index: number): Buffer | null =>
        start[index]! < 0 ? null : bytes.subarray(start[index], end[index]);
      expect([decoder.rows, decoder.isWithinRow]).toEqual([rows.length, false]);
      for (const [index, each] of rows.entries()) {
        expect(value(index * 4)?.toString() ?? null).toBe(each.text);
        expect(value(index * 4 + 1)?.toString() ?? null).toBe(each.flag === null ? null : String(each.flag));
        expect(value(index * 4 + 2)?.toString('hex') ?? null).toBe(
          each.bytes === null ? null : Buffer.from(each.bytes).toString('hex'),
        );
        expect(value(index * 4 + 3)?.toString() ?? null).toBe(each.text);
      }
    }),
  );
});

test('a row with another number of fields, and a bytea that is no hex, are errors', () => {
  const decoder = (): CopyTextDecoder =>
    new CopyTextDecoder(
      { columns: [column('bytes'), column('text')], places: [{ column: 0, path: undefined }], kinds: [] },
      new ValueBatchBuilder(1),
    );
  for (const text of ['\\\\x00\n', '\\\\x00\ta\tb\n', 'x00\ta\n', '\\\\x0\ta\n', '\\\\xzz\ta\n']) {
    expect(() => decoder().decode(Buffer.from(text))).toThrow(/COPY/);
  }
  const within = decoder();
  within.decode(Buffer.from('\\\\x00\ta'));
  expect(within.isWithinRow).toBe(true);
});
