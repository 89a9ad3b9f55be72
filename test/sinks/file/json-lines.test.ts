import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openFileSink } from '../../../src/sinks/file/sink.ts';
import { openSinkAt, readSink, type ReadSink } from '../../fixtures/sink-rows.ts';

function read(content: string | Buffer, ...places: string[]): Promise<ReadSink> {
  return readSink(openFileSink, { location: `file:${written(content)}` }, ...places);
}

function written(content: string | Buffer): string {
  const path = join(mkdtempSync(join(tmpdir(), 'nodrop-lines-')), 'rows.jsonl');
  writeFileSync(path, content);
  return path;
}

test('each line is a document, and its values keep all their digits', async () => {
  const { rows, reading, sink } = await read(
    '{"order":{"id":9007199254740993},"status":"PAID"}\n{"order":{"id":"b"},"status":null}\n{"status":"OPEN"}\n',
    'json:order.id',
    'column:status',
  );
  expect(rows).toEqual([
    ['9007199254740993', 'PAID'],
    ['b', null],
    [null, 'OPEN'],
  ]);
  expect(reading.kinds).toEqual(['json', 'json']);
  expect(reading.noSnapshot).toBeUndefined();
  expect(sink.rows).toBe('lines');
});

test('texts are taken as they are: NUL, quotes, and both Unicode normal forms', async () => {
  const texts = ['a\u0000b', '"q"\\', 'é', 'e\u0301', '\u{1f600}', ' x ', ''];
  const { rows } = await read(texts.map((id) => JSON.stringify({ id })).join('\n'), 'json:id');
  expect(rows.flat()).toEqual(texts);
  expect(rows[2]).not.toEqual(rows[3]);
});

test('a byte order mark, CRLF, blank lines and a last line without newline are no trouble', async () => {
  const { rows } = await read('\ufeff{"id":1}\r\n\r\n   \n{"id":2}\r\n{"id":3}', 'json:id');
  expect(rows.flat()).toEqual(['1', '2', '3']);
});

test('an empty file is an empty sink, and so is one with a byte order mark alone', async () => {
  expect((await read('', 'json:id')).rows).toEqual([]);
  expect((await read('\ufeff', 'json:id')).rows).toEqual([]);
});

test.each([
  ['{"id":1}\nno json\n{"id":3}\n', ':2: the line is not JSON.'],
  ['{"id":1}\n{"id":2', ':2: the line is cut off: the file ends within it.'],
  ['{\n  "id": 1\n}\n', ':1: the line is not JSON.'],
  ['{"id":1}{"id":2}\n', ':1: the line is not JSON.'],
  [
    Buffer.concat([Buffer.from('{"id":1}\n{"id":"'), Buffer.of(0xff), Buffer.from('"}\n')]),
    ':2: the line is not UTF-8.',
  ],
  [Buffer.from('{"id":1}\n', 'utf16le'), ':1: the line is not JSON.'],
  [Buffer.concat([Buffer.from('{"id":1}\n'), Buffer.alloc(4096)]), ':2: the line is cut off'],
])('a line that is no document is never skipped (%#)', async (content, message) => {
  const path = written(content);
  await expect(readSink(openFileSink, { location: `file:${path}` }, 'json:id')).rejects.toMatchObject({
    code: 'unavailable',
    message: expect.stringContaining(`${path}${message}`),
  });
});

test('a line may be longer than many chunks, up to 64 MiB', async () => {
  const long = 'x'.repeat(5 * 2 ** 20);
  const { rows } = await read(`{"id":1}\n{"note":"${long}","id":2}\n{"id":3}\n`, 'json:id', 'json:note');
  expect(rows.map(([id]) => id)).toEqual(['1', '2', '3']);
  expect(rows[1]![1] === long).toBe(true);

  const tooLong = written(Buffer.alloc(64 * 2 ** 20 + 1, '1'));
  await expect(readSink(openFileSink, { location: `file:${tooLong}` }, 'json:id')).rejects.toThrow(
    `${tooLong}:1: the line is longer than 67108864 bytes.`,
  );
});

test('all rows of a large file come, in batches, and the estimate is near their number', async () => {
  const lines = Array.from({ length: 50_000 }, (_, id) => `{"id":${id},"note":"${'x'.repeat(50)}"}\n`);
  const { rows, reading } = await read(lines.join(''), 'json:id');
  expect(rows.map(([id]) => Number(id))).toEqual(lines.map((_, id) => id));
  expect(reading.estimate).toBeGreaterThan(45_000);
  expect(reading.estimate).toBeLessThan(55_000);
});

test('the places of a sample can be written as they are told', async () => {
  const path = written('{"a":{"b.c":1,"d":[1]},"e":null}\n{"e":"x"}\nno json\n');
  const columns = await (await openSinkAt(openFileSink, `file:${path}`)).columns();
  expect(columns).toEqual([
    { place: 'json:a.b\\.c', type: 'number', kind: 'json' },
    { place: 'json:a.d', type: 'array', kind: 'json' },
    { place: 'json:e', type: 'text', kind: 'json' },
  ]);
  const { rows } = await read('{"a":{"b.c":1,"d":[1]},"e":null}\n', ...columns.map(({ place }) => place));
  expect(rows).toEqual([['1', '[1]', null]]);
});

test('a place of records is refused', async () => {
  await expect(read('{"id":1}\n', 'header:id')).rejects.toMatchObject({
    code: 'usage',
    message: 'header:id is no place in a line of JSON.',
  });
});
