/** Reads a sink to its end, as the check does. */
import type { OpenSink, Sink, SinkOptions, SinkReading } from '../../src/sinks/sink.ts';
import { parseValuePlace } from '../../src/values/value-place.ts';
import type { ValueBatch } from '../../src/values/value-batch.ts';

export type Row = (string | null)[];

export interface ReadSink {
  sink: Sink;
  reading: SinkReading;
  rows: Row[];
}

export async function readSink(
  open: OpenSink,
  location: string,
  places: readonly string[],
  options: Partial<SinkOptions> = {},
): Promise<ReadSink> {
  const sink = await openSinkAt(open, location, options);
  const reading = await sink.open(placesOf(places));
  const rows: Row[] = [];
  try {
    for await (const batch of reading.batches()) rows.push(...rowsOf(batch));
  } finally {
    await reading.close();
    await sink.close();
  }
  return { sink, reading, rows };
}

export const openSinkAt = (
  open: OpenSink,
  location: string,
  options: Partial<SinkOptions> = {},
): Promise<Sink> => open({ location, timeoutMs: 10_000, signal: new AbortController().signal, ...options });

export const placesOf = (places: readonly string[]) =>
  places.map((place) => parseValuePlace(place, '--sink-id'));

/** Values as texts in Latin-1 where they are no UTF-8. */
export const rowsOf = ({ count, width, bytes, start, end }: ValueBatch): Row[] =>
  Array.from({ length: count }, (_, row) =>
    Array.from({ length: width }, (_, column) => {
      const index = row * width + column;
      return start[index]! < 0 ? null : bytes.toString('utf8', start[index], end[index]);
    }),
  );
