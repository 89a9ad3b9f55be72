/** Which places of records and rows hold the same ids, each of them once. */
import { formOf, type Form } from '../../values/normal-form.ts';
import type { ValuePlace } from '../../values/value-place.ts';
import type { Match } from './agreements.ts';
import { likenessOf, positionColumnsIn, type PositionNames } from './place-names.ts';
import type { WantedIds } from './sample-sink.ts';
import type { RecordSample } from './sample-topic.ts';
import { normalForm, textOf, type Sample, type SampledValue } from './sample.ts';

/** As in a check: fewer repeated ids may be an accident, and would be findings. */
const repeatedShareMax = 0.01;
/** Fewer values would leave most records without an id. */
const filledShareMin = 0.9;
const idBytesMax = 500;
/** How many of the sampled ids are looked up. */
const lookedUpMax = 300;
/** What the ids may take that are looked for at one place. */
const wantedBytesMax = 500_000;
/** Places that hold fewer of each other's ids hold them by accident. */
const matchedShareMin = 0.25;

/** An id in the sample of records, with the places that it could be joined by. */
export interface IdSource {
  /** As the user would write it. */
  text: string;
  /** The index of its place; undefined for the position. */
  index: number | undefined;
}

/** Where rows could have it. */
export interface IdTarget {
  text: string;
  /** The indexes of its places; that of the id, or that of the offset, is `at`. */
  places: readonly number[];
  at: number;
  position: { topic: number | undefined; partition: number; offset: number } | undefined;
}

export interface Joined {
  id: string;
  sinkId: string;
  /** How many ids stand once: among the sampled records, and among the rows that were found. */
  unique: { records: number; rows: number };
  /** How many ids were looked for, and how many of them the sink has. */
  sampled: number;
  matched: number;
  matches: readonly Match[];
  taken: { record: readonly number[]; row: readonly number[] };
  likeness: number;
}

export class IdentityCandidates {
  readonly #records: RecordSample;
  readonly #rows: Sample;
  readonly #topic: string;
  readonly #sources: readonly IdSource[];
  readonly #targets: readonly IdTarget[];
  /** The records whose ids are looked up: evenly from the sample. */
  readonly #chosen: readonly number[];

  constructor(topic: string, records: RecordSample, rows: Sample) {
    this.#topic = topic;
    this.#records = records;
    this.#rows = rows;
    this.#sources = uniquePlaces(records.values).map((index) => ({
      text: records.values.places[index]!.text,
      index,
    }));
    this.#targets = uniquePlaces(rows).map((index) => ({
      text: rows.places[index]!.text,
      places: [index],
      at: index,
      position: undefined,
    }));
    const { count } = records.values;
    const chosen = Math.min(count, lookedUpMax);
    this.#chosen = Array.from({ length: chosen }, (_, index) => Math.floor((index * count) / chosen));
  }

  /** What is to be looked for in the sink: the places first whose names are most like one of the records'. */
  wanted(): WantedIds[] {
    const likeness = (target: IdTarget): number =>
      Math.max(0, ...this.#sources.map((source) => this.#likeness(source, target)));
    const byPosition = this.#positionTargets().map((target): WantedIds => {
      const offsets = this.#chosen.map((record) => this.#records.positions[record]!.offset);
      const byForm = new Map([['number', new Set(offsets.map(numberForm))]] as const);
      return { at: target.at, byForm, texts: offsets.map(String) };
    });
    const byId = [...this.#targets]
      .sort((a, b) => likeness(b) - likeness(a))
      .map(({ at }) => this.#wantedAt(at));
    return mergedByPlace([...byPosition, ...byId]);
  }

  /** Joins all sources and targets by the rows that were found, and keeps those that identify. */
  joined(found: ReadonlyMap<number, Sample>): { candidates: Joined[]; nearly: string[] } {
    const all = [
      ...this.#sources.flatMap((source) =>
        this.#targets.map((target) => this.#join(source, target, found.get(target.at)!)),
      ),
      ...this.#positionTargets().map((target) =>
        this.#join({ text: 'position', index: undefined }, target, found.get(target.at)!),
      ),
    ];
    const candidates = all.filter(
      ({ matched, sampled, unique }) =>
        matched > 0 &&
        matched >= sampled * matchedShareMin &&
        matched - unique.rows <= matched * repeatedShareMax,
    );
    const nearly = all
      .filter((joined) => joined.matched > 0 && joined.likeness > 0 && !candidates.includes(joined))
      .map(({ id, sinkId, matched, sampled, unique }) =>
        unique.rows < matched
          ? `${matched} of ${sampled} ids at ${id} are at ${sinkId}, and ${matched - unique.rows} of them there more than once: no id.`
          : `${matched} of ${sampled} ids at ${id} are at ${sinkId}: too few.`,
      );
    return { candidates, nearly };
  }

  #likeness({ index }: IdSource, { places: [at] }: IdTarget): number {
    return index === undefined ? 0 : likenessOf(this.#records.values.places[index]!, this.#rows.places[at!]!);
  }

  #wantedAt(at: number): WantedIds {
    const { values } = this.#records;
    const byForm = new Map<Form, Set<string>>();
    const texts = new Set<string>();
    let bytes = 0;
    for (const { index } of this.#sources) {
      const form = formOf(values.kinds[index!]!, this.#rows.kinds[at]!);
      const ids = byForm.get(form) ?? new Set<string>();
      byForm.set(form, ids);
      for (const record of this.#chosen) {
        const value = values.columns[index!]![record] ?? null;
        if (value === null || value === '') continue;
        // A statement has a limit of its length.
        if ((bytes += value.length) > wantedBytesMax) break;
        ids.add(values.normal(index!, form)[record]!);
        texts.add(textOf(value));
      }
    }
    return { at, byForm, texts: [...texts] };
  }

  #positionTargets(): IdTarget[] {
    const { places, kinds } = this.#rows;
    const names = places.flatMap((place, index) =>
      place.kind === 'column' && (kinds[index] === 'number' || kinds[index] === 'text') ? [place.name] : [],
    );
    return positionColumnsIn(names).map((position) => this.#positionTarget(position));
  }

  #positionTarget({ topic, partition, offset }: PositionNames): IdTarget {
    const indexOf = (name: string): number =>
      this.#rows.places.findIndex((place) => place.kind === 'column' && place.name === name);
    const position = {
      topic: topic === undefined ? undefined : indexOf(topic),
      partition: indexOf(partition),
      offset: indexOf(offset),
    };
    return {
      text: `columns:${[topic, partition, offset].filter((name) => name !== undefined).join(',')}`,
      places: [position.topic, position.partition, position.offset].filter((index) => index !== undefined),
      at: position.offset,
      position,
    };
  }

  #join(source: IdSource, target: IdTarget, rows: Sample): Joined {
    const [ofRecords, ofRows] = this.#keys(source, target, rows);
    const known = new Map<string, number>();
    for (const record of this.#chosen) {
      const key = ofRecords[record] ?? null;
      if (key !== null && key !== '' && !known.has(key)) known.set(key, record);
    }
    const rowOf = new Map<number, number>();
    const repeated = new Set<number>();
    for (const [row, key] of ofRows.entries()) {
      const record = key === null ? undefined : known.get(key);
      if (record === undefined) continue;
      if (rowOf.has(record)) repeated.add(record);
      else rowOf.set(record, row);
    }
    return {
      id: source.text,
      sinkId: target.text,
      unique: { records: standingOnce(ofRecords), rows: rowOf.size - repeated.size },
      sampled: known.size,
      matched: rowOf.size,
      matches: [...rowOf],
      taken: { record: source.index === undefined ? [] : [source.index], row: target.places },
      likeness: this.#likeness(source, target),
    };
  }

  /** What records and rows are joined by. */
  #keys(
    { index }: IdSource,
    { at, position }: IdTarget,
    rows: Sample,
  ): [records: readonly SampledValue[], rows: readonly SampledValue[]] {
    if (index !== undefined) {
      const form = formOf(this.#records.values.kinds[index]!, rows.kinds[at]!);
      return [this.#records.values.normal(index, form), rows.normal(at, form)];
    }
    const { topic, partition, offset } = position!;
    const [partitions, offsets] = [rows.normal(partition, 'number'), rows.normal(offset, 'number')];
    return [
      this.#records.positions.map((own) => `${numberForm(own.partition)}:${numberForm(own.offset)}`),
      partitions.map((value, row) => {
        if (value === null || offsets[row] === null) return null;
        if (topic !== undefined && rows.columns[topic]![row] !== this.#topicBytes) return null;
        return `${value}:${offsets[row]}`;
      }),
    ];
  }

  get #topicBytes(): string {
    return Buffer.from(this.#topic).toString('latin1');
  }
}

const numberForm = (value: number): string => normalForm('number', String(value));

/** The ids that are wanted at one place, once. */
function mergedByPlace(wanted: readonly WantedIds[]): WantedIds[] {
  const merged = new Map<number, WantedIds>();
  for (const one of wanted) {
    const other = merged.get(one.at);
    if (other === undefined) {
      merged.set(one.at, one);
      continue;
    }
    const byForm = new Map(other.byForm);
    for (const [form, ids] of one.byForm) byForm.set(form, new Set([...(byForm.get(form) ?? []), ...ids]));
    merged.set(one.at, { at: one.at, byForm, texts: [...new Set([...other.texts, ...one.texts])] });
  }
  return [...merged.values()];
}

/** The indexes of places whose values could be ids: nearly all rows have one, and nearly none repeats. */
function uniquePlaces(sample: Sample): number[] {
  return [...sample.places.keys()].filter((index) => {
    if (!isIdPlace(sample.places[index]!)) return false;
    const values = sample.columns[index]!.filter((value) => value !== null && value !== '');
    if (values.length === 0 || values.length < sample.count * filledShareMin) return false;
    if (values.some((value) => value!.length > idBytesMax)) return false;
    return values.length - new Set(values).size <= values.length * repeatedShareMax;
  });
}

const isIdPlace = ({ kind }: ValuePlace): boolean => kind !== 'digest';

function standingOnce(keys: readonly SampledValue[]): number {
  const counts = new Map<string, number>();
  for (const key of keys) if (key !== null && key !== '') counts.set(key, (counts.get(key) ?? 0) + 1);
  return [...counts.values()].filter((count) => count === 1).length;
}
