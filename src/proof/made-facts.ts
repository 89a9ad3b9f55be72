/** Makes facts of the messages that nodrop made, as one destination is to have them. */
import type { CheckRecord } from '../check/check-record.ts';
import { CategoryTable } from '../check/facts/category-table.ts';
import { factFlags, routeShift, type FactShape } from '../check/facts/fact-format.ts';
import { FactMaker, type Origin } from '../check/facts/fact-maker.ts';
import { FactWriter } from '../check/facts/fact-writer.ts';
import type { Layout } from '../check/facts/layout.ts';
import type { Expectation } from '../config/config.ts';
import type { RecordBatch } from '../kafka/record-batch/record-batch.ts';
import { outcomeCodes } from '../run-folder/ledger/outcome.ts';
import { expectationHeader, idHeader, readMessages } from '../run-folder/message-log.ts';
import { RecordValues } from '../values/record-values.ts';
import { KindsOfRecords } from '../values/sample-records.ts';
import { ValueBatchBuilder, type ValueKind } from '../values/value-batch.ts';
import type { ValuePlace } from '../values/value-place.ts';
import type { Destination } from './destinations.ts';
import { expectedHere, timesOf } from './expected-here.ts';

/** In place of a code of `outcomeCodes`: the message was not handed over. */
export const unsent = 0xff;

const sampledMax = 500;
const knownMax = 10_000;
/** In the upper bits of the flags: it belongs here, or at another destination. */
const [here, elsewhere] = [1 << routeShift, 2 << routeShift];

const ownHeaders = [Buffer.from(idHeader), Buffer.from(expectationHeader)];

/** The kinds of values that the first messages have at some places. */
export function kindsOfMessages(
  path: string,
  places: readonly ValuePlace[],
  optionOf: (place: ValuePlace) => string,
): ValueKind[] {
  const values = new RecordValues(places, optionOf);
  const kinds = new KindsOfRecords(places, values);
  let seen = 0;
  for (const batch of readMessages(path)) {
    for (let i = 0; i < batch.count && seen < sampledMax; i++, seen++) kinds.look(batch, i);
    if (seen >= sampledMax) break;
  }
  return kinds.kinds();
}

export interface MadeFactsOptions {
  /** The message log. */
  messages: string;
  /** The path of the facts, without an ending. */
  path: string;
  destination: Destination;
  /** The places of messages, the id's first. Under `latest` that is the key's; otherwise it is not read. */
  places: readonly ValuePlace[];
  layout: Layout;
  shape: FactShape;
  isLatest: boolean;
  /** By sequence. */
  outcomes: Uint8Array;
  /** By sequence: 1 for a message that a destination before this one has. */
  sent: Uint8Array;
}

export interface MadeFacts {
  records: CheckRecord['records'];
  /** A message stands in partition 0, and its children in one after the other. */
  partitions: number;
}

/** Reads the message log once. Throws if the files cannot be written. */
export function writeMadeFacts(options: MadeFactsOptions): MadeFacts {
  const { messages, path, destination, layout, shape, isLatest, outcomes, sent } = options;
  const writer = new FactWriter(path, shape);
  const categories = new CategoryTable('The messages', destination.categoryMap);
  const maker = new FactMaker({ layout, writer, categories, topics: [''], sample: 1 });
  const values = new RecordValues(isLatest ? options.places : options.places.slice(1), ({ text }) => text);
  const builder = new ValueBatchBuilder(options.places.length);
  const expected = new KnownExpectations();
  const spans = new Int32Array(2 * ownHeaders.length);
  const origin: Origin = { topic: 0, number: 0, partition: 0, offset: 0, flags: 0 };
  let [read, places] = [0, 1];

  const add = (batch: RecordBatch, i: number, flags: number, child?: { id: string; index: number }): void => {
    if (child !== undefined) builder.addText(child.id);
    else if (!isLatest) builder.addBytes(batch.bytes, spans[0]!, spans[1]!);
    values.add(batch, i, builder);
    const isTombstone = isLatest && batch.valueStart[i]! < 0;
    // Two messages cannot stand at one place.
    origin.number = origin.partition = child?.index ?? 0;
    places = Math.max(places, origin.number + 1);
    origin.offset = batch.offset[i]!;
    origin.flags = flags | (isTombstone ? factFlags.tombstone : 0);
    maker.add(builder.take(), 0, origin);
  };
  try {
    for (const batch of readMessages(messages)) {
      for (let i = 0; i < batch.count; i++) {
        const outcome = outcomes[batch.offset[i]!] ?? unsent;
        if (outcome === unsent) continue;
        read += 1;
        batch.findHeaders(i, ownHeaders, spans);
        const expectation =
          spans[2]! < 0 ? undefined : expected.of(batch.bytes.toString('utf8', spans[2], spans[3]));
        const what = expectedHere(expectation, destination);
        const isSent = outcome === outcomeCodes.unknown && sent[batch.offset[i]!] === 1;
        const flags = outcomeFlags[outcome]! | (isSent ? factFlags.sent : 0);
        // Of a key, another message may have the row.
        if (what === 'elsewhere' && !isLatest) add(batch, i, flags | elsewhere);
        else if (what === 'elsewhere') add(batch, i, flags | factFlags.dropped | here);
        else if ('dropped' in what) add(batch, i, flags | factFlags.dropped | here);
        else if (typeof what.rule === 'object' && 'each' in what.rule)
          for (const [index, id] of what.rule.each.entries()) add(batch, i, flags | here, { id, index });
        else for (let times = timesOf(what.rule); times > 0; times--) add(batch, i, flags | here);
      }
    }
    const written = writer.close();
    const { withoutId } = maker;
    return {
      partitions: places,
      records: { ...written, read, withoutId, notJson: 0, categories: categories.names },
    };
  } catch (error) {
    writer.abandon();
    throw error;
  }
}

const outcomeFlags: Readonly<Record<number, number>> = {
  [outcomeCodes.acked]: 0,
  [outcomeCodes.rejected]: factFlags.rejected,
  [outcomeCodes.unknown]: factFlags.doubtful,
};

/** Expectations by their text: most messages share a few. */
class KnownExpectations {
  readonly #known = new Map<string, Expectation>();

  of(text: string): Expectation {
    const known = this.#known.get(text);
    if (known !== undefined) return known;
    const expectation = JSON.parse(text) as Expectation;
    if (this.#known.size < knownMax) this.#known.set(text, expectation);
    return expectation;
  }
}
