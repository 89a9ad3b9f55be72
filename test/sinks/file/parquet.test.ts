import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliCompressSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { expect, test } from 'vitest';
import { openFileSink } from '../../../src/sinks/file/sink.ts';
import { openSinkAt, readSink, type ReadSink } from '../../fixtures/sink-rows.ts';

type Written = Parameters<typeof parquetWriteBuffer>[0];

/** Written by Arrow, with checksums (`write.py` beside it). */
const arrowFile = join(import.meta.dirname, '../../fixtures/parquet/types.parquet');

function written(content: Written | Buffer): string {
  const path = join(mkdtempSync(join(tmpdir(), 'nodrop-parquet-')), 'rows.parquet');
  writeFileSync(path, Buffer.isBuffer(content) ? content : Buffer.from(parquetWriteBuffer(content)));
  return path;
}

const read = (path: string, ...places: string[]): Promise<ReadSink> =>
  readSink(openFileSink, { location: `file:${path}` }, ...places);

test('values of all types of another writer are exact, and NULL is NULL', async () => {
  const places = [
    ['column:int64', 'number', '9007199254740993', '-1'],
    ['column:uint64', 'number', '18446744073709551615', '1'],
    ['column:uint32', 'number', '4294967295', '1'],
    ['column:int8', 'number', '-128', '127'],
    ['column:decimal9', 'number', '1.50', '-1.05'],
    ['column:decimal38', 'number', '12345678901234567890.123456789', '-0.000000001'],
    ['column:float', 'number', '0.1', '-16777216'],
    ['column:double', 'number', '0.1', '1e+300'],
    ['column:half', 'number', '1.5', '-2'],
    ['column:boolean', 'boolean', 'true', 'false'],
    ['column:text', 'text', 'é\0"x', ''],
    ['column:bytes', 'bytes', '\x01\0', ''],
    ['column:fixed', 'bytes', 'ab', 'cd'],
    ['column:uuid', 'uuid', '123e4567-e89b-12d3-a456-426614174000', '00000000-0000-0000-0000-000000000000'],
    ['column:date', 'time', '2026-11-30', '1969-12-31'],
    ['column:time', 'text', '01:02:03.000004', '23:59:59.999999'],
    ['column:seconds', 'text', '01:02:03', '01:02:03.5'],
    ['column:local', 'time', '2025-11-30T01:02:03.456', '1969-12-31T23:59:59.999'],
    ['column:micros', 'time', '1970-01-01T00:00:00.000001Z', '1969-12-31T23:59:59.999999Z'],
    ['column:nanos', 'time', '1970-01-01T00:00:00.000000001Z', '1969-12-31T23:59:59.999999999Z'],
    ['column:json', 'json', '{"n":1.50,"t":"x"}', 'q'],
    ['json:json.n', 'json', '1.50', null],
    ['json:group.inner.id', 'text', 'x', null],
    ['json:group.n', 'number', '1', null],
    ['column:a.b', 'text', 'dot', 'x'],
  ] as const;
  const { rows, reading } = await read(arrowFile, ...places.map(([place]) => place));
  expect(reading.kinds).toEqual(places.map(([, kind]) => kind));
  expect(rows).toEqual([
    places.map((place) => place[2]),
    places.map((place) => place[3]),
    places.map(() => null),
  ]);
  expect(reading.estimate).toBe(3);
});

test('the columns are told with their types, without lists and maps', async () => {
  const columns = await (await openSinkAt(openFileSink, `file:${arrowFile}`)).columns();
  expect(columns).toContainEqual({ place: 'column:uuid', type: 'UUID', kind: 'uuid' });
  expect(columns).toContainEqual({ place: 'json:group.inner.id', type: 'STRING', kind: 'text' });
  expect(columns.filter(({ place }) => /list|map/.test(place))).toEqual([]);
});

test.each([
  ['column:nothing', 'has no such column.'],
  ['column:list', 'has a group, a list or a map there, and no single value.'],
  ['json:map.key_value.key', 'is a list.'],
  ['column:group', 'has a group, a list or a map there, and no single value.'],
  ['json:int64.x', 'is of the type INT64, and no JSON.'],
  ['header:id', 'is no place in a row of Parquet.'],
])('%s is refused: there is no single value', async (place, message) => {
  await expect(read(arrowFile, place)).rejects.toMatchObject({
    code: 'usage',
    message: expect.stringContaining(message),
  });
});

test('rows come from several row groups, with and without dictionaries', async () => {
  const ids = Array.from({ length: 30_000 }, (_, id) => (id % 7 === 0 ? null : `order-${id}`));
  const states = ids.map((_, id) => (id % 3 === 0 ? 'PAID' : 'OPEN'));
  const path = written({
    columnData: [
      { name: 'id', data: ids, type: 'STRING' },
      { name: 'other', data: ids.map((_, id) => id), type: 'INT32' },
      { name: 'state', data: states, type: 'STRING' },
    ],
    rowGroupSize: 9000,
    pageSize: 5000,
  });
  const { rows } = await read(path, 'column:state', 'column:id');
  expect(rows).toEqual(ids.map((id, index) => [states[index], id]));
});

test.each([
  ['GZIP', gzipSync],
  ['BROTLI', brotliCompressSync],
  ['ZSTD', zstdCompressSync],
] as const)('%s is read', async (codec, compress) => {
  const data = Array.from({ length: 1000 }, (_, id) => `order-${id}`);
  const path = written({
    columnData: [{ name: 'id', data, type: 'STRING' }],
    codec,
    compressors: { [codec]: compress },
  });
  expect((await read(path, 'column:id')).rows.flat()).toEqual(data);
});

test('the annotations of older files mean the same', async () => {
  const path = written({
    columnData: [
      { name: 'decimal', data: [12345678901234567890n, -5n, null] },
      { name: 'micros', data: [1764464523000001n, -1n, null] },
      { name: 'far', data: [2n ** 63n - 1n, 0n, null] },
      { name: 'float', data: [0.1, 16777217, null] },
    ],
    schema: [
      { name: 'root', num_children: 4 },
      {
        name: 'decimal',
        type: 'FIXED_LEN_BYTE_ARRAY',
        type_length: 12,
        converted_type: 'DECIMAL',
        scale: 3,
        precision: 25,
        repetition_type: 'OPTIONAL',
      },
      { name: 'micros', type: 'INT64', converted_type: 'TIMESTAMP_MICROS', repetition_type: 'OPTIONAL' },
      { name: 'far', type: 'INT64', converted_type: 'TIMESTAMP_MICROS', repetition_type: 'OPTIONAL' },
      { name: 'float', type: 'FLOAT', repetition_type: 'OPTIONAL' },
    ],
  });
  const { rows, reading } = await read(path, 'column:decimal', 'column:micros', 'column:far', 'column:float');
  expect(rows).toEqual([
    ['12345678901234567.890', '2025-11-30T01:02:03.000001Z', '9223372036854775807', '0.1'],
    ['-0.005', '1969-12-31T23:59:59.999999Z', '1970-01-01T00:00:00.000000Z', '16777216'],
    [null, null, null, null],
  ]);
  expect(reading.kinds).toEqual(['number', 'time', 'time', 'number']);
});

test('a file without rows is an empty sink', async () => {
  const path = written({ columnData: [{ name: 'id', data: [], type: 'STRING' }] });
  expect((await read(path, 'column:id')).rows).toEqual([]);
});

test('a file that is cut off anywhere, or no Parquet at all, is unavailable', async () => {
  const whole = readFileSync(arrowFile);
  for (const length of [0, 3, 8, 100, whole.length - 1]) {
    await expect(read(written(whole.subarray(0, length)), 'column:text')).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringMatching(/rows\.parquet: the file is damaged, cut off or no Parquet: /),
    });
  }
});

test('if a byte of the data changes, the checksum tells', async () => {
  const whole = readFileSync(arrowFile);
  const footer = whole.length - 8 - whole.readUInt32LE(whole.length - 8);
  const places = (await (await openSinkAt(openFileSink, `file:${arrowFile}`)).columns()).map(
    ({ place }) => place,
  );
  const expected = JSON.stringify((await read(arrowFile, ...places)).rows);
  const outcomes = { refused: 0, same: 0, wrong: 0 };
  for (let at = 4; at < footer; at += 9) {
    const damaged = Buffer.from(whole);
    damaged[at]! ^= 0x10;
    const rows = await read(written(damaged), ...places).then(
      (found) => JSON.stringify(found.rows),
      (error: { code: string }) => error.code,
    );
    outcomes[rows === 'unavailable' ? 'refused' : rows === expected ? 'same' : 'wrong'] += 1;
  }
  // Headers of pages have no checksum: a change may have no effect there.
  expect(outcomes).toEqual({ refused: expect.any(Number), same: expect.any(Number), wrong: 0 });
  expect(outcomes.refused).toBeGreaterThan(50);
});

test('a column that has another kind in another file is refused', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'nodrop-parquet-'));
  const file = (name: string, content: Written): void =>
    writeFileSync(join(folder, name), Buffer.from(parquetWriteBuffer(content)));
  file('a.parquet', { columnData: [{ name: 'id', data: [1, 2], type: 'INT32' }] });
  file('b.parquet', { columnData: [{ name: 'id', data: [3n], type: 'INT64' }] });
  expect((await read(`${folder}/*.parquet`, 'column:id')).rows.flat()).toEqual(['1', '2', '3']);
  file('c.parquet', { columnData: [{ name: 'id', data: ['4'], type: 'STRING' }] });
  await expect(read(`${folder}/*.parquet`, 'column:id')).rejects.toMatchObject({
    code: 'usage',
    message: `column:id is a number in ${folder}/a.parquet, and a text in ${folder}/c.parquet.`,
  });
});
