/** Parquet: row group by row group, and only the columns that are asked for. */
import { open, type FileHandle } from 'node:fs/promises';
import { parquetMetadataAsync, type FileMetaData, type RowGroup } from 'hyparquet';
import { isSystemError, messageOf } from '../../errors.ts';
import type { Deadline } from '../../system/deadline.ts';
import { JsonValues } from '../../values/json-values.ts';
import type { ValuePlace } from '../../values/value-place.ts';
import type { ValueBatchBuilder } from '../../values/value-batch.ts';
import type { SinkColumn } from '../sink.ts';
import { noAnswer, unreadable, type FileFormat } from './file-format.ts';
import { readError } from './file-source.ts';
import { leafAt, leafColumns, leavesOf, type Leaf } from './parquet-leaves.ts';
import { ParquetPages } from './parquet-pages.ts';

const footerBytes = 2 ** 16;

export const parquet: FileFormat = {
  rows: 'rows',

  async columns(path: string): Promise<readonly SinkColumn[]> {
    await using file = await openParquet(path);
    return leafColumns(file.leaves);
  },

  async look(path: string, places: readonly ValuePlace[]) {
    await using file = await openParquet(path);
    const kinds = places.map((place) => {
      const { leaf, path: inner } = leafAt(path, file.leaves, place);
      return inner === undefined ? leaf.type.kind! : ('json' as const);
    });
    return { kinds, rows: { count: Number(file.metadata.num_rows) } };
  },

  async *read(path: string, places: readonly ValuePlace[], builder: ValueBatchBuilder, deadline: Deadline) {
    await using file = await openParquet(path);
    const chosen = places.map((place) => leafAt(path, file.leaves, place));
    const leaves = [...new Set(chosen.map(({ leaf }) => leaf))];
    const targets = chosen.map(({ leaf, path: inner }) => ({
      column: leaves.indexOf(leaf),
      type: leaf.type,
      document: inner === undefined ? undefined : new JsonValues([inner]),
    }));
    for (const [number, group] of file.metadata.row_groups.entries()) {
      const rows = Number(group.num_rows);
      const columns: ParquetPages[] = [];
      for (const leaf of rows === 0 ? [] : leaves) {
        deadline.restart();
        columns.push(await deadline.race(readColumn(file, group, leaf), () => noAnswer(path)));
      }
      const values: unknown[] = columns.map(() => null);
      for (let row = 0; row < rows; row++) {
        for (let column = 0; column < columns.length; column++) {
          values[column] = valueOf(columns[column]!, path, number, leaves[column]!);
        }
        for (const { column, type, document } of targets) {
          const value = values[column];
          if (value === null) builder.addNull();
          else if (document === undefined) type.add(value as never, builder);
          else addFromDocument(value as Uint8Array, document, builder);
        }
        if (builder.isFull) yield;
      }
    }
  },
};

interface ParquetFile extends AsyncDisposable {
  path: string;
  handle: FileHandle;
  size: number;
  metadata: FileMetaData;
  leaves: readonly Leaf[];
}

async function openParquet(path: string): Promise<ParquetFile> {
  const handle = await open(path).catch((error: unknown) => {
    throw readError(path, error);
  });
  try {
    const { size } = await handle.stat();
    const file = {
      byteLength: size,
      slice: (start: number, end = size) => readRange(handle, size, start, end),
    };
    const metadata = await parquetMetadataAsync(file, { initialFetchSize: footerBytes, geoparquet: false });
    const rows = metadata.row_groups.reduce((sum, group) => sum + group.num_rows, 0n);
    if (rows !== metadata.num_rows) throw new Error('its row groups have more or fewer rows than it says');
    const leaves = leavesOf(metadata);
    return { path, handle, size, metadata, leaves, [Symbol.asyncDispose]: () => handle.close() };
  } catch (error) {
    await handle.close();
    if (isSystemError(error)) throw readError(path, error);
    throw unreadable(path, undefined, `the file is damaged, cut off or no Parquet: ${messageOf(error)}`);
  }
}

async function readColumn(
  { path, handle, size }: ParquetFile,
  group: RowGroup,
  leaf: Leaf,
): Promise<ParquetPages> {
  const chunk = group.columns[leaf.index];
  try {
    const { meta_data: metadata, file_path: elsewhere } = chunk ?? {};
    if (elsewhere !== undefined) throw new Error(`it keeps columns in ${elsewhere}`);
    if (metadata?.path_in_schema.join('.') !== leaf.path.join('.')) throw new Error('a column is missing');
    const start = Number(metadata.dictionary_page_offset || metadata.data_page_offset);
    const end = start + Number(metadata.total_compressed_size);
    return new ParquetPages(await readRange(handle, size, start, end), leaf, metadata);
  } catch (error) {
    if (isSystemError(error)) throw readError(path, error);
    throw unreadable(path, undefined, `the file is damaged: ${messageOf(error)}`);
  }
}

async function readRange(handle: FileHandle, size: number, start: number, end: number): Promise<ArrayBuffer> {
  // Looked at before memory is taken for it.
  if (!(start >= 0 && start <= end && end <= size)) throw new Error(`bytes ${start} to ${end} are not in it`);
  const bytes = new Uint8Array(end - start);
  for (let at = 0; at < bytes.length;) {
    const { bytesRead } = await handle.read(bytes, at, Math.min(bytes.length - at, 2 ** 30), start + at);
    if (bytesRead === 0) throw new Error('it became shorter while it was read');
    at += bytesRead;
  }
  return bytes.buffer;
}

function valueOf(column: ParquetPages, path: string, group: number, leaf: Leaf): unknown {
  try {
    return column.next();
  } catch (error) {
    const where = `column ${leaf.path.join('.')} of row group ${group}`;
    throw unreadable(path, undefined, `${where} cannot be read: ${messageOf(error)}`);
  }
}

/** If the bytes are no JSON, the document has no values. */
function addFromDocument(bytes: Uint8Array, document: JsonValues, builder: ValueBatchBuilder): void {
  document.read(bytes, 0, bytes.length);
  document.add(0, builder);
}
