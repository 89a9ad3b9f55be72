/**
 * Rows that tell the position of their record, in place of an id, get the id of the record at that position of the topic that feeds
 * them. Both sides are joined bucket by bucket, by the hashes of positions.
 */
import { rmSync } from 'node:fs';
import { indexOf } from '../check/facts/bucket-index.ts';
import { HopFiles } from '../check/facts/fact-files.ts';
import { noPartition, type Fact, type FactShape } from '../check/facts/fact-format.ts';
import type { BucketFacts } from '../check/facts/fact-reader.ts';
import { FactWriter, type WrittenFacts } from '../check/facts/fact-writer.ts';
import { hashPosition } from '../check/facts/id-hash.ts';
import { none } from '../workload/place.ts';

/** The facts of a look: a path without an ending, and their shape. */
export interface FactsAt {
  path: string;
  file: string;
  shape: FactShape;
}

/** Writes the rows to `into`, beside the look. A row whose record is not there keeps its position as its id. */
export function nameRows(look: FactsAt, before: FactsAt, into: string): WrittenFacts {
  const { path, file, shape } = look;
  const shapeOfIds: FactShape = { compared: 2, isVersioned: false, buckets: shape.buckets };
  const places = `${file}-places`;
  writePlaces(before, `${path}/${places}`, shapeOfIds);
  const writer = new FactWriter(`${path}/${into}`, shape);
  {
    using ids = new HopFiles(path, places, shapeOfIds);
    using rows = new HopFiles(path, file, shape);
    const [fact, id] = [emptyFact(shape), emptyFact(shapeOfIds)];
    for (let bucket = 0; bucket < shape.buckets; bucket++) {
      const known = ids.read(bucket);
      const index = indexOf(known);
      const facts = rows.read(bucket);
      for (let row = 0; row < facts.count; row++) {
        facts.copy(row, fact);
        const record = index.find(facts, row);
        if (record !== none) {
          known.copy(record, id);
          fact.hash.set(id.digests);
        }
        addFact(writer, fact, record === none ? facts.text(row) : known.text(record));
      }
    }
  }
  for (const end of ['facts', 'ids']) rmSync(`${path}/${places}.${end}`);
  return writer.close();
}

/** By position: the text of the id, and its hash in place of two values. */
function writePlaces({ path, file, shape }: FactsAt, into: string, shapeOfIds: FactShape): void {
  using records = new HopFiles(path, file, shape);
  const writer = new FactWriter(into, shapeOfIds);
  const fact = emptyFact(shapeOfIds);
  for (let bucket = 0; bucket < shape.buckets; bucket++) {
    const facts: BucketFacts = records.read(bucket);
    for (let record = 0; record < facts.count; record++) {
      hashPosition(0, facts.partition(record), facts.offset(record), fact.hash);
      fact.digests.set(facts.hash(record));
      addFact(writer, fact, facts.text(record));
    }
  }
  writer.close();
}

function addFact(writer: FactWriter, fact: Fact, text: string): void {
  const bytes = Buffer.from(text);
  writer.add(fact, bytes, 0, bytes.length);
}

const emptyFact = ({ compared }: FactShape): Fact => ({
  hash: new Uint32Array(4),
  offset: -1,
  partition: noPartition,
  category: 0,
  flags: 0,
  digests: new Uint32Array(2 * compared),
  version: 0n,
});
