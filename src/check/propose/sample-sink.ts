/** Samples rows of a sink, and looks for the rows with some ids. */
import { OperationalError } from '../../errors.ts';
import type { Sink, SinkReading } from '../../sinks/sink.ts';
import type { Deadline } from '../../system/deadline.ts';
import type { Form } from '../../values/normal-form.ts';
import { addScalarPaths } from '../../values/record-places.ts';
import type { ValueBatch } from '../../values/value-batch.ts';
import { parseValuePlace, type ValuePlace } from '../../values/value-place.ts';
import { normalForm, Sample, textOf } from './sample.ts';

const sampledRowsMax = 1000;
const placesMax = 100;
/** How many rows of a sink that cannot look ids up are read. */
const readRowsMax = 1_000_000;
/** More rows of a few hundred ids tell no more. */
const foundRowsMax = 5000;
/** How many columns are looked up, one after the other. */
const lookUpsMax = 20;

/** The first rows as the sink gives them, with all columns, and with the members of columns of JSON. */
export async function sampleSink(sink: Sink, deadline: Deadline): Promise<Sample> {
  const columns = await sink.columns();
  const isOnce = (text: string): boolean => columns.filter(({ place }) => place === text).length === 1;
  const places = columns
    .filter(({ place }) => isOnce(place) && isPlace(place))
    .slice(0, placesMax)
    .map(({ place }) => parseValuePlace(place, '--sink-id'));
  if (places.length === 0) return new Sample([]);
  const sample = await firstRows(sink, places, deadline);
  const members = membersOf(sample).slice(0, placesMax - places.length);
  return members.length === 0 ? sample : await firstRows(sink, [...places, ...members], deadline);
}

/** A column may have no name, or one that no place can have. */
const isPlace = (text: string): boolean => text === 'key' || /^\w+:[^]+$/.test(text);

async function firstRows(sink: Sink, places: readonly ValuePlace[], deadline: Deadline): Promise<Sample> {
  return await readRows(await sink.open(places), places, deadline, {
    keep: () => true,
    keptMax: sampledRowsMax,
  });
}

/** The places within columns of JSON. */
function membersOf({ places, kinds, columns }: Sample): ValuePlace[] {
  return places.flatMap((place, index) => {
    if (place.kind !== 'column' || kinds[index] !== 'json') return [];
    const paths = new Map<string, readonly string[]>();
    for (const value of columns[index]!) {
      // A longer one was cut, and is no JSON.
      const document = value === null ? undefined : documentOf(textOf(value));
      if (document !== undefined) addScalarPaths({ [place.name]: document }, paths, placesMax);
    }
    return [...paths]
      .filter(([, path]) => path.length > 1)
      .map(([text, path]): ValuePlace => ({ kind: 'json', path, text: `json:${text}` }));
  });
}

function documentOf(text: string): object | undefined {
  if (!text.startsWith('{')) return undefined;
  try {
    return JSON.parse(text) as object;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** Ids to look for at one of the sample's places: in the normal forms in which they are compared, and as texts. */
export interface WantedIds {
  /** The index of the place. */
  at: number;
  byForm: ReadonlyMap<Form, ReadonlySet<string>>;
  texts: readonly string[];
}

export interface FoundRows {
  /** By the index of the place: the rows that have a wanted id there. */
  rows: ReadonlyMap<number, Sample>;
  notes: readonly string[];
}

/** Looks each place up, if the sink can do that; else reads the sink from its begin. A sample is better than nothing. */
export async function findRows(
  sink: Sink,
  sample: Sample,
  wanted: readonly WantedIds[],
  deadline: Deadline,
): Promise<FoundRows> {
  const { places } = sample;
  const rows = new Map<number, Sample>();
  const notes: string[] = [];
  const others: WantedIds[] = [];
  let lookUps = 0;
  for (const one of wanted) {
    const place = places[one.at]!;
    const isColumn = place.kind === 'column';
    if (deadline.hasPassed) break;
    if (isColumn && lookUps === lookUpsMax) continue;
    try {
      const reading = isColumn ? await sink.find?.(places, place, one.texts) : undefined;
      if (reading === undefined) {
        others.push(one);
        continue;
      }
      lookUps += 1;
      rows.set(one.at, await readRows(reading, places, deadline, keeping([one])));
    } catch (error) {
      if (!(error instanceof OperationalError) || error.code !== 'unavailable') throw error;
      deadline.throwIfAborted();
      notes.push(`Ids could not be looked up at ${place.text}: ${error.message}`);
    }
  }
  if (others.length > 0 && !deadline.hasPassed) {
    const found = await readRows(await sink.open(places), places, deadline, keeping(others));
    for (const { at } of others) rows.set(at, found);
  }
  for (const { at } of wanted) if (!rows.has(at)) rows.set(at, sample);
  return { rows, notes };
}

interface Keeping {
  keep: (batch: ValueBatch, row: number) => boolean;
  keptMax: number;
}

function keeping(wanted: readonly WantedIds[]): Keeping {
  const keep = ({ bytes, start, end, width }: ValueBatch, row: number): boolean =>
    wanted.some(({ at, byForm }) => {
      const index = row * width + at;
      if (start[index]! < 0) return false;
      const value = bytes.toString('latin1', start[index], end[index]);
      return [...byForm].some(([form, ids]) => ids.has(normalForm(form, value)));
    });
  return { keep, keptMax: foundRowsMax };
}

async function readRows(
  reading: SinkReading,
  places: readonly ValuePlace[],
  deadline: Deadline,
  { keep, keptMax }: Keeping,
): Promise<Sample> {
  const sample = new Sample(places, reading.kinds);
  let read = 0;
  try {
    for await (const batch of reading.batches()) {
      for (let row = 0; row < batch.count && sample.count < keptMax; row++) {
        if (keep(batch, row)) sample.add(batch, row);
      }
      read += batch.count;
      deadline.throwIfAborted();
      if (sample.count >= keptMax || read >= readRowsMax || deadline.hasPassed) break;
    }
  } finally {
    await reading.close();
  }
  return sample;
}
