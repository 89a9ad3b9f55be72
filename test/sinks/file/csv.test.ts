import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CsvError, CsvRecord } from '../../../src/sinks/file/csv-record.ts';
import { openFileSink } from '../../../src/sinks/file/sink.ts';
import { openSinkAt, readSink, type ReadSink } from '../../fixtures/sink-rows.ts';

function read(content: string | Buffer, places: string[], ending = '.csv'): Promise<ReadSink> {
  return readSink(openFileSink, { location: `file:${written(content, ending)}` }, ...places);
}

function written(content: string | Buffer, ending = '.csv'): string {
  const path = join(mkdtempSync(join(tmpdir(), 'nodrop-csv-')), `rows${ending}`);
  writeFileSync(path, content);
  return path;
}

test('an empty field is NULL, and empty quotes are an empty text', async () => {
  const { rows, reading, sink } = await read('id,status\n1,\n"",x\n"a ""b""","c,\nd"\n', [
    'column:id',
    'column:status',
  ]);
  expect(rows).toEqual([
    ['1', null],
    ['', 'x'],
    ['a "b"', 'c,\nd'],
  ]);
  expect(reading.kinds).toEqual(['text', 'text']);
  expect(sink.rows).toBe('rows');
});

test('a byte order mark, CRLF, a blank line and a last line without newline are no trouble', async () => {
  const { rows } = await read('\ufeffid,n\r\n1,"a\r\nb"\r\n\r\n2,c', ['column:id', 'column:n']);
  expect(rows).toEqual([
    ['1', 'a\r\nb'],
    ['2', 'c'],
  ]);
});

test('a blank line in a file of one column is a row with NULL', async () => {
  expect((await read('id\n1\n\n3\n', ['column:id'])).rows).toEqual([['1'], [null], ['3']]);
});

test('texts are taken as they are: NUL, leading zeros, blanks, digits past 2^53, and both Unicode normal forms', async () => {
  const texts = ['a\u0000b', '007', ' x ', '9007199254740993', 'é', 'e\u0301', '\u{1f600}', 'a\rb'];
  expect((await read(`id\n${texts.join('\n')}\n`, ['column:id'])).rows.flat()).toEqual(texts);
});

test.each([
  ['id;n,x\n1;2,3\n', '.csv', ['column:id;n', 'column:x'], ['1;2', '3']],
  ['id;n\n1,5;2\n', '.csv', ['column:id', 'column:n'], ['1,5', '2']],
  ['id\tn\n1,5;x\t2\n', '.tsv', ['column:id', 'column:n'], ['1,5;x', '2']],
])(
  'the delimiter follows from the ending and the line of names: %j',
  async (content, ending, places, row) => {
    expect((await read(content, places, ending)).rows).toEqual([row]);
  },
);

test('a value within a column of JSON has all its digits', async () => {
  const { rows, reading } = await read('id,doc\n1,"{""n"":1.50,""t"":""x""}"\n2,\n3,no json\n', [
    'json:doc.n',
    'json:doc.t',
    'json:id',
  ]);
  expect(rows).toEqual([
    ['1.50', 'x', '1'],
    [null, null, '2'],
    [null, null, '3'],
  ]);
  expect(reading.kinds).toEqual(['json', 'json', 'text']);
});

const notUtf8 = Buffer.concat([Buffer.from('id,n\n1,2\n3,'), Buffer.of(0xc3), Buffer.from('\n')]);

test.each([
  ['id,n\n1,2\n"x\ny",2,3\n', ':3: the row has 3 fields, and the line of column names 2.'],
  ['id,n\n1,"2\n3"\n4\n', ':4: the row has 1 fields, and the line of column names 2.'],
  ['id,n\n1,"2\n3,4\n', ':2: the row is cut off: the file ends within a field in quotes.'],
  ['id,n\n1,a"b\n', ':2: the row has a quote within field 2, which does not begin with one.'],
  ['id,n\n1,"a"b\n', ':2: the row has something behind the quotes of field 2.'],
  [notUtf8, ':3: the line is not UTF-8.'],
])('a row that cannot be read is never skipped (%#)', async (content, message) => {
  const path = written(content);
  await expect(readSink(openFileSink, { location: `file:${path}` }, 'column:id')).rejects.toMatchObject({
    code: 'unavailable',
    message: `${path}${message}`,
  });
});

test.each([
  ['id,n,id\n1,2,3\n', 'has two columns id.'],
  ['', 'has no line of column names.'],
  ['\nid,n\n', 'has no line of column names.'],
])('the line of names must name each column once: %j', async (content, message) => {
  const path = written(content);
  await expect(readSink(openFileSink, { location: `file:${path}` }, 'column:id')).rejects.toMatchObject({
    code: 'usage',
    message: `${path} ${message}`,
  });
});

test('a column that is missing is refused with the columns that there are', async () => {
  const path = written('id,status\n');
  const opened = readSink(openFileSink, { location: `file:${path}` }, 'column:ID');
  await expect(opened).rejects.toMatchObject({ code: 'usage', hint: 'Its columns are id, status.' });
  expect(await (await openSinkAt(openFileSink, `file:${path}`)).columns()).toEqual([
    { place: 'column:id', type: 'text', kind: 'text' },
    { place: 'column:status', type: 'text', kind: 'text' },
  ]);
});

test('rows that go beyond a chunk are whole, and all rows of a large file come', async () => {
  const ids = Array.from({ length: 20_000 }, (_, id) => id);
  const lines = ids.map((id) => `${id},"${'x\n'.repeat(id === 700 ? 2 ** 20 : 60)}"\n`);
  const { rows, reading } = await read(`id,note\n${lines.join('')}`, ['column:id', 'column:note']);
  expect(rows.map(([id]) => Number(id))).toEqual(ids);
  expect(rows[700]![1]).toHaveLength(2 ** 21);
  expect(reading.estimate).toBeGreaterThan(0);
});

describe('a record', () => {
  const letters = fc.constantFrom('a', 'b', ',', '"', '\n', '\r\n', '\r', ' ', 'é', '');

  test('is read as csv-parse reads it, also where bytes are missing at its end', () => {
    fc.assert(
      fc.property(fc.array(letters, { maxLength: 30 }), (parts) => {
        const text = parts.join('');
        expect(ours(text)).toEqual(theirs(text));
      }),
      { numRuns: 5000 },
    );
  });

  test('asks for more bytes until it is whole', () => {
    const whole = Buffer.from('a,"b ""\n,""",\r\nnext');
    const record = new CsvRecord(',');
    for (let limit = 0; limit < 15; limit++) expect(record.read(whole, 0, limit, false)).toBeUndefined();
    expect(record.read(whole, 0, 15, false)).toBe(15);
    expect([0, 1, 2].map((field) => record.text(field))).toEqual(['a', 'b "\n,"', undefined]);
  });

  function ours(text: string): string[][] | 'refused' {
    const bytes = Buffer.from(text);
    const record = new CsvRecord(',');
    const rows: string[][] = [];
    try {
      for (let at = 0; at < bytes.length;) {
        at = record.read(bytes, at, bytes.length, true)!;
        rows.push(Array.from({ length: record.fields }, (_, field) => record.text(field) ?? ''));
      }
    } catch (error) {
      if (error instanceof CsvError) return 'refused';
      throw error;
    }
    return rows;
  }

  function theirs(text: string): string[][] | 'refused' {
    try {
      return parse(text, { record_delimiter: ['\r\n', '\n'], relax_column_count: true });
    } catch (error) {
      if (error instanceof Error && 'code' in error) return 'refused';
      throw error;
    }
  }
});
