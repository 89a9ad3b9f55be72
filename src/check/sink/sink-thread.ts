/** The thread that reads a sink, and makes a fact of each row. */
import '../../system/small-young-generation.ts';
import { usageError } from '../../errors.ts';
import { openSink } from '../../sinks/open-sink.ts';
import type { Sink, SinkOptions, SinkReading, SinkPosition } from '../../sinks/sink.ts';
import { counted } from '../../text/counted.ts';
import { serveThread } from '../../system/thread.ts';
import type { ValuePlace } from '../../values/value-place.ts';
import { CategoryTable } from '../facts/category-table.ts';
import { FactMaker } from '../facts/fact-maker.ts';
import type { FactShape } from '../facts/fact-format.ts';
import { FactWriter } from '../facts/fact-writer.ts';
import type { Layout } from '../facts/layout.ts';
import type { SinkThreadParent } from './threaded-sink.ts';

let sink: Sink;
let reading: SinkReading | undefined;
let writer: FactWriter | undefined;
const stop = new AbortController();

const elsewhereNote = (count: number): string[] =>
  count === 0 ? [] : [`${counted(count, 'row')} of topics that are not checked.`];

/** The topic's index, partition and offset of each place in a topic that is checked. Throws `usage` if it is not told in which. */
const placesOf = (told: readonly SinkPosition[], topics: readonly string[]): [number, number, number][] =>
  told.flatMap(({ topic, partition, offset }): [number, number, number][] => {
    if (topic === undefined && topics.length > 1) {
      throw usageError(
        `The program tells partition ${partition}, offset ${offset} without a topic, and ${topics.length} topics are checked.`,
        'Let it add the topic to its position and deadLetter lines.',
      );
    }
    const index = topic === undefined ? 0 : topics.indexOf(topic);
    return index < 0 ? [] : [[index, partition, offset]];
  });

/** Everything that the facts of one look need. */
export interface LookOptions {
  /** The path of the facts, without an ending. */
  path: string;
  shape: FactShape;
  layout: Layout;
  topics: readonly string[];
  sample: number;
  /** Added to the flags of each fact. */
  flags: number;
}

const handlers = {
  async open(options: Omit<SinkOptions, 'signal'>) {
    sink = await openSink({ ...options, signal: stop.signal });
    return { name: sink.name, rows: sink.rows };
  },
  async columns() {
    return await sink.columns();
  },
  /** Begins a look. Returns what is known before a row was read. */
  async begin(places: readonly ValuePlace[]) {
    reading = await sink.open(places);
    return { kinds: reading.kinds, estimate: reading.estimate };
  },
  /** Reads all rows of the look that was begun. */
  async read({ path, shape, layout, topics, sample, flags }: LookOptions) {
    const categories = new CategoryTable('The sink');
    writer = new FactWriter(path, shape);
    const maker = new FactMaker({ layout, writer, categories, topics, sample, flags });
    let rows = 0;
    for await (const batch of reading!.batches()) {
      for (let row = 0; row < batch.count; row++) maker.add(batch, row);
      rows += batch.count;
      parent.tell('progress', rows);
    }
    const written = writer.close();
    writer = undefined;
    const { noSnapshot, notes, holes = [] } = reading!;
    const positions = placesOf(reading!.positions?.() ?? [], topics);
    const letters = placesOf(reading!.deadLetters?.() ?? [], topics);
    await reading!.close();
    reading = undefined;
    return {
      ...written,
      rows,
      withoutId: maker.withoutId,
      categories: categories.names,
      noSnapshot: noSnapshot ?? null,
      notes: [...notes, ...elsewhereNote(maker.elsewhere)],
      holes: [...holes],
      positions,
      letters,
    };
  },
  /** Ends a statement that may still run. */
  async stop() {
    stop.abort(new Error('the check was stopped'));
    await reading?.close();
  },
  async close() {
    writer?.abandon();
    await reading?.close();
    await sink?.close();
  },
};
export type SinkThread = typeof handlers;

const parent = serveThread<SinkThreadParent>(handlers);
