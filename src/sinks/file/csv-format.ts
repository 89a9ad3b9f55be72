/** CSV with a line of column names. Everything is text there; an empty field is NULL, and `""` an empty text. */
import { usageError } from '../../errors.ts';
import type { Deadline } from '../../system/deadline.ts';
import { JsonValues } from '../../values/json-values.ts';
import type { ValuePlace } from '../../values/value-place.ts';
import type { ValueBatchBuilder } from '../../values/value-batch.ts';
import type { SinkColumn } from '../sink.ts';
import { ByteWindow, firstLineNotUtf8, newline } from './byte-window.ts';
import { CsvError, CsvRecord } from './csv-record.ts';
import { noSuchColumn, rowBytesMax, unreadable, type FileFormat } from './file-format.ts';
import { fileSource, linesEachByte, sampleOf } from './file-source.ts';

/** `delimiter`: undefined for a comma, or a semicolon where the line of names has no comma. */
export function csvFormat(delimiter: '\t' | undefined): FileFormat {
  return {
    rows: 'rows',

    async columns(path: string): Promise<readonly SinkColumn[]> {
      const { names } = await headerOf(path, delimiter);
      return names.map((name) => ({ place: `column:${name}`, type: 'text', kind: 'text' }));
    },

    async look(path: string, places: readonly ValuePlace[]) {
      const { names } = await headerOf(path, delimiter);
      const kinds = places.map((place) => (fieldOf(path, names, place).path === undefined ? 'text' : 'json'));
      return { kinds, rows: { eachByte: await linesEachByte(path) } };
    },

    async *read(path: string, places: readonly ValuePlace[], builder: ValueBatchBuilder, deadline: Deadline) {
      const header = await headerOf(path, delimiter);
      const fields = places.map((place) => fieldOf(path, header.names, place));
      const record = new CsvRecord(header.delimiter);
      const window = new ByteWindow(fileSource(path), deadline);
      try {
        let line = 1;
        let at = 0;
        while (await window.fill(at)) {
          checkText(path, window, line);
          for (at = window.start; at < window.end;) {
            const next = nextRecord(path, line, record, window, at);
            if (next === undefined) break;
            if (line > 1 && isRow(path, line, record, header.names)) addFields(record, fields, builder);
            if (next - at > rowBytesMax) throw tooLong(path, line);
            at = next;
            line += 1 + record.innerLines;
            if (builder.isFull) yield;
          }
          if (window.end - at > rowBytesMax) throw tooLong(path, line);
        }
      } finally {
        window.close();
      }
    },
  };
}

interface Header {
  names: readonly string[];
  delimiter: string;
}

async function headerOf(path: string, given: '\t' | undefined): Promise<Header> {
  const { bytes, isWhole } = await sampleOf(path);
  const text = bytes.toString('utf8').replace(/^\ufeff/, '');
  const [line] = text.split('\n', 1) as [string];
  const delimiter = given ?? (line.includes(';') && !line.includes(',') ? ';' : ',');
  const record = new CsvRecord(delimiter);
  const sample = Buffer.from(text);
  try {
    const next = record.read(sample, 0, sample.length, isWhole);
    if (next === undefined) throw new CsvError(`is longer than ${sample.length} bytes`);
  } catch (error) {
    if (error instanceof CsvError) throw unreadable(path, 1, `the line of column names ${error.message}`);
    throw error;
  }
  const names = Array.from({ length: record.fields }, (_, field) => record.text(field) ?? '');
  if (record.isBlank) {
    const hint = 'The first line of a CSV file must name its columns.';
    throw usageError(`${path} has no line of column names.`, hint);
  }
  const doubled = names.find((name, index) => names.indexOf(name) !== index);
  if (doubled !== undefined) throw usageError(`${path} has two columns ${doubled}.`);
  return { names, delimiter };
}

/** A field of each row, and which value of the JSON document in it; all of it if there is no path. */
interface Field {
  index: number;
  path: readonly string[] | undefined;
  document: JsonValues | undefined;
}

function fieldOf(path: string, names: readonly string[], place: ValuePlace): Field {
  if (place.kind === 'column' || place.kind === 'json') {
    const [name, ...rest] = place.kind === 'column' ? [place.name] : place.path;
    const index = names.indexOf(name!);
    if (index < 0) throw noSuchColumn(path, place, names);
    if (rest.length === 0) return { index, path: undefined, document: undefined };
    return { index, path: rest, document: new JsonValues([rest]) };
  }
  const hint = 'Write column:NAME, or json:COLUMN.PATH for a value within a column of JSON.';
  throw usageError(`${place.text} is no place in a row of CSV.`, hint);
}

function tooLong(path: string, line: number): Error {
  const hint = 'A quote that is never closed makes one row of all that follows.';
  return unreadable(path, line, `the row is longer than ${rowBytesMax} bytes`, hint);
}

/** The bytes up to the last newline are checked: no character goes beyond one. */
function checkText(path: string, { bytes, start, end, isLast }: ByteWindow, line: number): void {
  const limit = isLast ? end : bytes.lastIndexOf(newline, end - 1) + 1;
  const wrong = firstLineNotUtf8(bytes, start, limit);
  if (wrong !== undefined) throw unreadable(path, line + wrong.lines, 'the line is not UTF-8');
}

function nextRecord(
  path: string,
  line: number,
  record: CsvRecord,
  { bytes, end, isLast }: ByteWindow,
  at: number,
): number | undefined {
  try {
    return record.read(bytes, at, end, isLast);
  } catch (error) {
    if (error instanceof CsvError) throw unreadable(path, line, `the row ${error.message}`);
    throw error;
  }
}

/** False for a line that has nothing, where that cannot be a row. */
function isRow(path: string, line: number, record: CsvRecord, names: readonly string[]): boolean {
  if (record.fields === names.length) return true;
  if (record.isBlank) return false;
  throw unreadable(
    path,
    line,
    `the row has ${record.fields} fields, and the line of column names ${names.length}`,
  );
}

function addFields(record: CsvRecord, fields: readonly Field[], builder: ValueBatchBuilder): void {
  for (const { index, document } of fields) {
    if (document === undefined) {
      record.addTo(builder, index);
      continue;
    }
    const text = Buffer.from(record.text(index) ?? '');
    // If the text is no JSON, the document has no values.
    document.read(text, 0, text.length);
    document.add(0, builder);
  }
}
