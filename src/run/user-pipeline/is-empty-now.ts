import { OperationalError } from '../../errors.ts';
import { openSink } from '../../sinks/open-sink.ts';
import type { Sink, SinkOptions, SinkReading } from '../../sinks/sink.ts';
import type { ValuePlace } from '../../values/value-place.ts';
import type { Destination } from '../../proof/destinations.ts';

/** Whether a destination holds nothing, or is not there yet: then all that it has later is of the run, or from nowhere. */
export async function isEmptyNow(
  { location, query, table, id }: Destination,
  options: Pick<SinkOptions, 'kafka' | 'timeoutMs' | 'signal'>,
): Promise<boolean> {
  // What a program prints is not looked at twice.
  if (location.startsWith('command:')) return false;
  try {
    const sink = await openSink({ ...options, location, query, table });
    try {
      return !(await hasRows(sink, id.kind === 'columns' ? { ...id, kind: 'column', name: id.offset } : id));
    } finally {
      await sink.close();
    }
  } catch (error) {
    // The application may make it when it starts. If not, the reading after the run says so.
    if (isUsageError(error)) return true;
    throw error;
  }
}

/** Throws `usage` if what the sink names is not there. */
async function hasRows(sink: Sink, id: ValuePlace): Promise<boolean> {
  let reading: SinkReading;
  try {
    reading = await sink.open([id]);
  } catch (error) {
    if (!isUsageError(error)) throw error;
    await sink.columns();
    // The rows have no id yet. When the application starts, it may give one to those that are there.
    return true;
  }
  try {
    for await (const { count } of reading.batches()) if (count > 0) return true;
    return false;
  } finally {
    await reading.close();
  }
}

const isUsageError = (error: unknown): boolean => error instanceof OperationalError && error.code === 'usage';
