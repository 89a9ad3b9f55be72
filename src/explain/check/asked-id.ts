/** Finds what a user asks for in the facts of a check: an id as the user's application writes it, or a place. */
import type { CheckRecord } from '../../check/check-record.ts';
import { bucketOf, factFlags } from '../../check/facts/fact-format.ts';
import type { FactFiles, HopFiles } from '../../check/facts/fact-files.ts';
import { hashId, hashPosition } from '../../check/facts/id-hash.ts';
import { numberOf } from '../../check/partition-numbers.ts';
import { usageError } from '../../errors.ts';
import { Normaliser } from '../../values/normal-form.ts';

/** An id that some fact has. */
export interface KnownId {
  /** Four words. */
  hash: Uint32Array;
  /** The id as a record or a row has it; the place of a record without an id. */
  text: string;
  /** The record has no id, so nothing else is known of it. */
  isNameless: boolean;
}

interface Place {
  /** An index of the check's topics; undefined if none was named. */
  topic: number | undefined;
  partition: number;
  offset: number;
}

/** undefined if no fact has the id, and no record is at the place. Throws `usage` for a place that is not clear. */
export function findAsked(
  record: CheckRecord,
  { records, later, sinks, letters }: FactFiles,
  asked: string,
): KnownId | undefined {
  const place = placeIn(record, asked);
  const hashes = record.idForm === undefined ? hashesOfPlace(record, place) : [hashOf(record.idForm, asked)];
  const hops = [records, later, ...sinks.flat(), ...(letters === undefined ? [] : [letters.facts])];
  const found = hashes.flatMap((hash) => {
    const bucket = bucketOf(hash, record.shape.buckets);
    const facts = hops.map((hop) => hop.read(bucket, hash)).find(({ count }) => count > 0);
    return facts === undefined ? [] : [{ hash, text: facts.text(0) || asked, isNameless: false }];
  });
  if (found.length > 1) throw ambiguousError(asked);
  return found[0] ?? (place && recordAt(record, [records, later], place, asked));
}

function hashOf(form: NonNullable<CheckRecord['idForm']>, text: string): Uint32Array {
  const normal = new Normaliser();
  const bytes = Buffer.from(text);
  normal.normalise(form, bytes, 0, bytes.length);
  const hash = new Uint32Array(4);
  hashId(normal.bytes, normal.start, normal.end, hash);
  return hash;
}

function hashesOfPlace({ topics }: CheckRecord, place: Place | undefined): Uint32Array[] {
  if (place === undefined) return [];
  return topicsOf(topics.length, place).map((topic) => {
    const hash = new Uint32Array(4);
    hashPosition(topic, place.partition, place.offset, hash);
    return hash;
  });
}

/** `PARTITION:OFFSET`, or `TOPIC/PARTITION:OFFSET`. */
function placeIn({ topics }: CheckRecord, asked: string): Place | undefined {
  const found = /^(?:([A-Za-z0-9._-]{1,249})\/)?(\d{1,6}):(\d{1,15})$/.exec(asked);
  if (found === null) return undefined;
  const [, name, partition, offset] = found;
  const topic = name === undefined ? undefined : topics.findIndex((each) => each.name === name);
  return topic === -1 ? undefined : { topic, partition: Number(partition), offset: Number(offset) };
}

const topicsOf = (count: number, { topic }: Place): number[] =>
  topic === undefined ? Array.from({ length: count }, (_, index) => index) : [topic];

/** Goes through all records: facts are in the order of their ids, and not of their places. */
function recordAt(
  { topics, shape }: CheckRecord,
  hops: readonly HopFiles[],
  place: Place,
  asked: string,
): KnownId | undefined {
  const numbers = topicsOf(topics.length, place).map((topic) => numberOf(topic, place.partition));
  const found: KnownId[] = [];
  for (let bucket = 0; bucket < shape.buckets; bucket++) {
    for (const facts of hops.map((hop) => hop.read(bucket))) {
      for (let fact = 0; fact < facts.count; fact++) {
        if (facts.offset(fact) !== place.offset || !numbers.includes(facts.partition(fact))) continue;
        const isNameless = (facts.flags(fact) & factFlags.nameless) !== 0;
        const text = isNameless ? asked : facts.text(fact);
        found.push({ hash: facts.hash(fact), text, isNameless });
      }
    }
  }
  if (found.length > 1) throw ambiguousError(asked);
  return found[0];
}

const ambiguousError = (asked: string): Error =>
  usageError(`Several topics have a record at ${asked}.`, `Name the topic: TOPIC/${asked}`);
