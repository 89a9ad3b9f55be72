/** Files as a sink: JSON Lines, CSV or Parquet, one or many. */
import { usageError } from '../../errors.ts';
import { Deadline } from '../../system/deadline.ts';
import type { ValuePlace } from '../../values/value-place.ts';
import { ValueBatchBuilder, type ValueBatch, type ValueKind } from '../../values/value-batch.ts';
import type { OpenSink, Sink, SinkColumn, SinkReading } from '../sink.ts';
import { csvFormat } from './csv-format.ts';
import { noAnswer, type FileFormat, type FileLook } from './file-format.ts';
import { jsonLines } from './json-lines-format.ts';
import { changeOf, endingOf, listFiles, type Ending, type ListedFile } from './listed-files.ts';
import { parquet } from './parquet-format.ts';

const formats: Record<Ending, FileFormat> = {
  '.jsonl': jsonLines,
  '.ndjson': jsonLines,
  '.json': jsonLines,
  '.csv': csvFormat(undefined),
  '.tsv': csvFormat('\t'),
  '.parquet': parquet,
};

const prefix = 'file:';

/** `location`: `file:PATH`, where PATH may be a pattern such as `out/*.jsonl`. */
export const openFileSink: OpenSink = async ({ location, query, table, timeoutMs, signal }) => {
  if (query !== undefined) throw usageError(`--query does not go with ${location}: files take no SQL.`);
  if (table !== undefined) throw usageError(`--table does not go with ${location}: files have no tables.`);
  const pattern = location.slice(prefix.length);
  if (pattern === '') throw usageError(`${location} names no file.`, 'Write file:PATH.');
  const deadline = new Deadline(timeoutMs, signal);
  const [first] = (await deadline.race(listFiles(pattern), () => noAnswer(pattern))) as [ListedFile];
  return new FileSink(pattern, first, timeoutMs, signal);
};

class FileSink implements Sink {
  readonly name: string;
  readonly rows: string;
  readonly #pattern: string;
  readonly #first: ListedFile;
  readonly #format: FileFormat;
  readonly #timeoutMs: number;
  readonly #signal: AbortSignal;

  constructor(pattern: string, first: ListedFile, timeoutMs: number, signal: AbortSignal) {
    this.name = `${prefix}${pattern}`;
    this.#pattern = pattern;
    this.#first = first;
    this.#format = formats[endingOf(first.path)];
    this.rows = this.#format.rows;
    this.#timeoutMs = timeoutMs;
    this.#signal = signal;
  }

  columns(): Promise<readonly SinkColumn[]> {
    return this.#format.columns(this.#first.path);
  }

  async open(places: readonly ValuePlace[]): Promise<SinkReading> {
    const [pattern, format] = [this.#pattern, this.#format];
    const deadline = new Deadline(this.#timeoutMs, this.#signal);
    const lookAt = async ({ path }: ListedFile): Promise<FileLook> => {
      deadline.restart();
      return await deadline.race(format.look(path, places), () => noAnswer(path));
    };
    const files = await deadline.race(listFiles(pattern), () => noAnswer(pattern));
    const [first] = files as [ListedFile];
    const look = await lookAt(first);
    let estimate = rowsOf(look, first);
    for (const file of files.slice(1)) {
      const other = await lookAt(file);
      requireSameKinds(places, { file: first, kinds: look.kinds }, { file, kinds: other.kinds });
      estimate += rowsOf(other, file);
    }
    let noSnapshot: string | undefined;
    return {
      kinds: look.kinds,
      estimate: Math.round(estimate),
      get noSnapshot() {
        return noSnapshot;
      },
      notes: [],
      batches: async function* (this: void) {
        yield* batchesOf(format, files, places, deadline);
        noSnapshot = await changeOf(pattern, files);
      },
      // Each file is closed when its batches end, also if they are left early.
      close: () => Promise.resolve(),
    };
  }

  async close(): Promise<void> {
    // Nothing is open between two readings.
  }
}

const rowsOf = ({ rows }: FileLook, { size }: ListedFile): number =>
  'count' in rows ? rows.count : rows.eachByte * size;

interface Looked {
  file: ListedFile;
  kinds: readonly ValueKind[];
}

function requireSameKinds(places: readonly ValuePlace[], first: Looked, other: Looked): void {
  const index = first.kinds.findIndex((kind, place) => kind !== other.kinds[place]);
  if (index < 0) return;
  throw usageError(
    `${places[index]!.text} is a ${first.kinds[index]} in ${first.file.path}, and a ${other.kinds[index]} in ${other.file.path}.`,
  );
}

async function* batchesOf(
  format: FileFormat,
  files: readonly ListedFile[],
  places: readonly ValuePlace[],
  deadline: Deadline,
): AsyncGenerator<ValueBatch> {
  const builder = new ValueBatchBuilder(places.length);
  for (const { path } of files) {
    deadline.throwIfAborted();
    for await (const _ of format.read(path, places, builder, deadline)) {
      yield builder.take();
      deadline.throwIfAborted();
    }
  }
  if (builder.count > 0) yield builder.take();
}
