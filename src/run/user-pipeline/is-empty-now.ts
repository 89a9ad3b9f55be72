import { OperationalError } from '../../errors.ts';
import { openSink } from '../../sinks/open-sink.ts';
import type { SinkOptions } from '../../sinks/sink.ts';
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
      const reading = await sink.open([
        id.kind === 'columns' ? { ...id, kind: 'column', name: id.offset } : id,
      ]);
      try {
        for await (const { count } of reading.batches()) if (count > 0) return false;
        return true;
      } finally {
        await reading.close();
      }
    } finally {
      await sink.close();
    }
  } catch (error) {
    // The application may make its table, file or column when it starts. If not, the reading after the run says so.
    if (error instanceof OperationalError && error.code === 'usage') return true;
    throw error;
  }
}
