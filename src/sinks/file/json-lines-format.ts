/** JSON Lines: a document on each line. Lines are read in their bytes, without a string or an object for any of them. */
import { usageError } from '../../errors.ts';
import type { Deadline } from '../../system/deadline.ts';
import { JsonValues } from '../../values/json-values.ts';
import type { ValuePlace } from '../../values/value-place.ts';
import type { ValueBatchBuilder } from '../../values/value-batch.ts';
import type { SinkColumn } from '../sink.ts';
import { ByteWindow, firstLineNotUtf8, newline } from './byte-window.ts';
import { documentColumns } from './document-columns.ts';
import { rowBytesMax, unreadable, type FileFormat } from './file-format.ts';
import { fileSource, linesEachByte, sampleOf } from './file-source.ts';

export const jsonLines: FileFormat = {
  rows: 'lines',

  async columns(path: string): Promise<readonly SinkColumn[]> {
    const { bytes } = await sampleOf(path);
    // The last line of the sample may be a part of one.
    const lines = bytes
      .toString('utf8')
      .replace(/^\ufeff/, '')
      .split('\n');
    const whole = lines.length > 1 ? lines.slice(0, -1) : lines;
    return documentColumns(whole.filter((line) => line.trim() !== '').flatMap(documentOf));
  },

  async look(path: string, places: readonly ValuePlace[]) {
    for (const place of places) pathOf(place);
    return { kinds: places.map(() => 'json'), rows: { eachByte: await linesEachByte(path) } };
  },

  async *read(path: string, places: readonly ValuePlace[], builder: ValueBatchBuilder, deadline: Deadline) {
    const values = new JsonValues(places.map(pathOf));
    const window = new ByteWindow(fileSource(path), deadline);
    try {
      let lines = 0;
      let at = 0;
      while (await window.fill(at)) {
        const { bytes, start, isLast } = window;
        const end = isLast ? window.end : bytes.lastIndexOf(newline, window.end - 1) + 1;
        const wrong = firstLineNotUtf8(bytes, start, end);
        if (wrong !== undefined) throw unreadable(path, lines + wrong.lines + 1, 'the line is not UTF-8');
        for (at = start; at < end;) {
          const found = bytes.indexOf(newline, at);
          const hasNewline = found >= 0 && found < end;
          const lineEnd = hasNewline ? found : end;
          lines += 1;
          if (lineEnd - at > rowBytesMax) throw tooLong(path, lines);
          if (values.read(bytes, at, lineEnd)) values.addTo(builder);
          else if (!isBlank(bytes, at, lineEnd)) throw noJson(path, lines, hasNewline);
          at = lineEnd + 1;
          if (builder.isFull) yield;
        }
        at = Math.min(at, window.end);
        if (window.end - at > rowBytesMax) throw tooLong(path, lines + 1);
      }
    } finally {
      window.close();
    }
  },
};

function pathOf(place: ValuePlace): readonly string[] {
  if (place.kind === 'json') return place.path;
  if (place.kind === 'column') return [place.name];
  throw usageError(`${place.text} is no place in a line of JSON.`, 'Write json:PATH.');
}

/** The document of a line; nothing if it is none: that shows when the file is read. */
function documentOf(line: string): unknown[] {
  try {
    return [JSON.parse(line)];
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return [];
  }
}

function isBlank(bytes: Buffer, start: number, end: number): boolean {
  return bytes.toString('latin1', start, end).trim() === '';
}

const noJson = (path: string, line: number, hasNewline: boolean): Error =>
  hasNewline
    ? unreadable(
        path,
        line,
        'the line is not JSON',
        'Each line must be a whole document. jq -c . FILE writes one like that.',
      )
    : unreadable(
        path,
        line,
        'the line is cut off: the file ends within it',
        'If a program still writes the file, check it again when that is done.',
      );

const tooLong = (path: string, line: number): Error =>
  unreadable(path, line, `the line is longer than ${rowBytesMax} bytes`);
