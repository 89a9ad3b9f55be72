/** Makes facts of batches of values: ids and compared values in their normal forms become hashes. */
import { Normaliser, type Form } from '../../values/normal-form.ts';
import type { ValueBatch } from '../../values/value-batch.ts';
import type { CategoryTable } from './category-table.ts';
import { factFlags, noPartition, routeShift, sampleWord, type Fact } from './fact-format.ts';
import type { FactWriter } from './fact-writer.ts';
import { digestNull, digestValue, hashId, hashPosition } from './id-hash.ts';
import type { Layout } from './layout.ts';

/** Where a value came from, for records. Rows have none. */
export interface Origin {
  topic: number;
  /** The number in the evidence. */
  number: number;
  partition: number;
  offset: number;
  flags: number;
}

export interface MakerOptions {
  layout: Layout;
  writer: FactWriter;
  categories: CategoryTable;
  /** The topics that are checked, for positions in rows. */
  topics: readonly string[];
  /** Only ids whose hash is below this share of all hashes become facts. */
  sample: number;
  /** Added to the flags of each fact. */
  flags?: number;
}

const sampleSpan = 2 ** 32;

export class FactMaker {
  readonly #options: MakerOptions;
  readonly #layout: Layout;
  readonly #writer: FactWriter;
  readonly #flags: number;
  readonly #normaliser = new Normaliser();
  readonly #fact: Fact;
  readonly #sampleMax: number;
  /** Rows or records without an id. */
  withoutId = 0;
  /** Rows with the position of a record of a topic that is not checked. */
  elsewhere = 0;

  constructor(options: MakerOptions) {
    this.#options = options;
    this.#layout = options.layout;
    this.#writer = options.writer;
    this.#flags = options.flags ?? 0;
    this.#fact = {
      hash: new Uint32Array(4),
      offset: -1,
      partition: noPartition,
      category: 0,
      flags: 0,
      digests: new Uint32Array(2 * options.writer.shape.compared),
      version: 0n,
    };
    this.#sampleMax = options.sample * sampleSpan;
  }

  /** Makes a fact of row `row`. Returns false if it has no id; then nothing was written, unless it has an origin. */
  add(batch: ValueBatch, row: number, origin?: Origin): boolean {
    const layout = this.#layout;
    const first = row * batch.width;
    const fact = this.#fact;
    fact.flags = this.#flags | (origin === undefined ? 0 : origin.flags);
    fact.offset = origin?.offset ?? batch.places?.offset[row] ?? -1;
    fact.partition = origin?.number ?? batch.places?.partition[row] ?? noPartition;
    const isNamed = this.#hash(batch, first, origin);
    if (!isNamed && this.#isOfOtherTopic(batch, first)) {
      this.elsewhere += 1;
      return false;
    }
    if (!isNamed) {
      this.withoutId += 1;
      if (origin === undefined) return false;
      fact.flags |= factFlags.nameless;
      this.#hashPlace(origin.topic, origin.partition, origin.offset);
    }
    if (fact.hash[sampleWord]! >= this.#sampleMax) return isNamed;
    this.#category(batch, first);
    const { presence } = layout;
    if (presence !== undefined && batch.start[first + presence]! < 0) fact.flags |= factFlags.tombstone;
    const { compared, version, drops, dropsTombstones } = layout;
    for (let index = 0; index < compared.length; index++) {
      this.#digest(batch, first + compared[index]!.column, compared[index]!.form, index);
    }
    if (version === undefined) fact.flags |= factFlags.unversioned;
    else this.#version(batch, first + version.column, version.form);
    const isDropped =
      (dropsTombstones && (fact.flags & factFlags.tombstone) !== 0) ||
      drops.some((drop) => isText(batch, first + drop.column, drop.value));
    if (isDropped) fact.flags |= factFlags.dropped;
    if (layout.route !== undefined) {
      const sink = textAt(batch, first + layout.route.column);
      const number = sink === undefined ? 0 : layout.route.sinks.indexOf(sink) + 1;
      fact.flags |= number << routeShift;
    }
    const { id } = layout;
    if (isNamed && typeof id === 'object' && 'form' in id) {
      const at = first + id.column;
      this.#writer.add(fact, batch.bytes, batch.start[at]!, batch.end[at]!);
    } else {
      const text = Buffer.from(this.#positionText);
      this.#writer.add(fact, text, 0, text.length);
    }
    return isNamed;
  }

  /** The last position that was hashed, as a text; empty for an id. */
  #positionText = '';

  #hash(batch: ValueBatch, first: number, origin: Origin | undefined): boolean {
    const { id } = this.#layout;
    if (id === 'own-position') {
      if (origin === undefined) return false;
      return this.#hashPlace(origin.topic, origin.partition, origin.offset);
    }
    if (!('form' in id)) return this.#hashColumns(batch, first, id);
    const at = first + id.column;
    if (batch.start[at]! < 0 || batch.start[at] === batch.end[at]) return false;
    const normal = this.#normaliser;
    normal.normalise(id.form, batch.bytes, batch.start[at]!, batch.end[at]!);
    hashId(normal.bytes, normal.start, normal.end, this.#fact.hash);
    return true;
  }

  #hashColumns(
    batch: ValueBatch,
    first: number,
    id: { topic: number | undefined; partition: number; offset: number },
  ): boolean {
    const [partition, offset] = [textAt(batch, first + id.partition), textAt(batch, first + id.offset)];
    if (partition === undefined || offset === undefined) return false;
    if (!/^\d{1,16}$/.test(partition) || !/^\d{1,16}$/.test(offset)) return false;
    const name = id.topic === undefined ? undefined : textAt(batch, first + id.topic);
    if (id.topic !== undefined && name === undefined) return false;
    const topic = name === undefined ? 0 : this.#options.topics.indexOf(name);
    // A row of a topic that is not checked is no row of a record of the range.
    return topic < 0 ? false : this.#hashPlace(topic, Number(partition), Number(offset));
  }

  #isOfOtherTopic(batch: ValueBatch, first: number): boolean {
    const { id } = this.#options.layout;
    if (typeof id !== 'object' || 'form' in id || id.topic === undefined) return false;
    const name = textAt(batch, first + id.topic);
    return name !== undefined && !this.#options.topics.includes(name);
  }

  #hashPlace(topic: number, partition: number, offset: number): boolean {
    hashPosition(topic, partition, offset, this.#fact.hash);
    const { topics } = this.#options;
    const name = topics.length > 1 ? `${topics[topic]!}/` : '';
    this.#positionText = `${name}${partition}:${offset}`;
    return true;
  }

  #category(batch: ValueBatch, first: number): void {
    const { layout, categories } = this.#options;
    const fact = this.#fact;
    fact.category = 0;
    if (layout.category === undefined) return;
    const { column, form } = layout.category;
    const at = first + column;
    if (batch.start[at]! < 0) fact.flags |= factFlags.uncategorised;
    else {
      const normal = this.#normaliser;
      normal.normalise(form, batch.bytes, batch.start[at]!, batch.end[at]!);
      fact.category = categories.numberOf(normal.bytes, normal.start, normal.end);
    }
  }

  #digest(batch: ValueBatch, at: number, form: Form, index: number): void {
    const { digests } = this.#fact;
    if (batch.start[at]! < 0) return digestNull(digests, 2 * index);
    const normal = this.#normaliser;
    normal.normalise(form, batch.bytes, batch.start[at]!, batch.end[at]!);
    digestValue(normal.bytes, normal.start, normal.end, digests, 2 * index);
  }

  #version(batch: ValueBatch, at: number, form: Form): void {
    const fact = this.#fact;
    fact.version = 0n;
    const version = batch.start[at]! < 0 ? undefined : this.#integer(batch, at, form);
    if (version === undefined) fact.flags |= factFlags.unversioned;
    else fact.version = version;
  }

  /** An integer of 64 bits; a time in microseconds. */
  #integer(batch: ValueBatch, at: number, form: Form): bigint | undefined {
    const normal = this.#normaliser;
    normal.normalise(form, batch.bytes, batch.start[at]!, batch.end[at]!);
    const text = Buffer.from(normal.bytes.slice(normal.start, normal.end)).toString('latin1');
    const found = /^(-?\d{1,19})(?:e(\d{1,2}))?$/.exec(text);
    if (found === null) return undefined;
    const value = BigInt(found[1]!) * 10n ** BigInt(found[2] ?? 0);
    return BigInt.asIntN(64, value) === value ? value : undefined;
  }
}

function isText(batch: ValueBatch, at: number, text: string): boolean {
  return textAt(batch, at) === text;
}

const textAt = ({ bytes, start, end }: ValueBatch, at: number): string | undefined =>
  start[at]! < 0 ? undefined : bytes.toString('utf8', start[at], end[at]);
