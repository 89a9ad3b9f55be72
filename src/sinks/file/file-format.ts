/** The interface of a file's format. */
import { unavailableError, usageError } from '../../errors.ts';
import type { Deadline } from '../../system/deadline.ts';
import type { ValuePlace } from '../../values/value-place.ts';
import type { ValueBatchBuilder, ValueKind } from '../../values/value-batch.ts';
import type { SinkColumn } from '../sink.ts';

export interface FileLook {
  kinds: readonly ValueKind[];
  /** The rows of the file, or how many it has for each of its bytes on the disk. */
  rows: { count: number } | { eachByte: number };
}

export interface FileFormat {
  readonly rows: string;
  columns(path: string): Promise<readonly SinkColumn[]>;
  /** Throws `usage` if the file does not have the places. */
  look(path: string, places: readonly ValuePlace[]): Promise<FileLook>;
  /** Adds the values of each row. Yields when the builder has a batch. */
  read(
    path: string,
    places: readonly ValuePlace[],
    builder: ValueBatchBuilder,
    deadline: Deadline,
  ): AsyncIterable<void>;
}

/** No line, record or document is longer. */
export const rowBytesMax = 64 * 2 ** 20;

export const noAnswer = (path: string): Error =>
  unavailableError(`${path}: the file system does not answer.`);

/** Evidence that is there and cannot be read. */
export const unreadable = (path: string, line: number | undefined, what: string, hint?: string): Error =>
  unavailableError(
    `${path}${line === undefined ? '' : `:${line}`}: ${what}.`,
    hint === undefined ? {} : { hint },
  );

const namesMax = 20;

export function noSuchColumn(path: string, place: ValuePlace, names: readonly string[]): Error {
  const more = names.length > namesMax ? ` and ${names.length - namesMax} more` : '';
  return usageError(
    `${place.text}: ${path} has no such column.`,
    `Its columns are ${names.slice(0, namesMax).join(', ')}${more}.`,
  );
}
