/** A topic as a sink. Only committed records count; there is no snapshot, but an end that is frozen first. */
import { unavailableError, usageError } from '../../errors.ts';
import { clientFromSettings } from '../../kafka/client/client-from-settings.ts';
import { openCluster, type Cluster } from '../../kafka/client/cluster.ts';
import { listOffsets } from '../../kafka/client/list-offsets.ts';
import type { ReadRange } from '../../kafka/fetch/log-read.ts';
import { isCompacted } from '../../kafka/client/topics.ts';
import { scanLog, type ScannedBatch } from '../../kafka/fetch/log-scan.ts';
import { Deadline } from '../../system/deadline.ts';
import type { ValuePlace } from '../../values/value-place.ts';
import { PlacesOfRecords } from '../../values/record-places.ts';
import { RecordValues } from '../../values/record-values.ts';
import { KindsOfRecords, sampleRecords } from '../../values/sample-records.ts';
import { ValueBatchBuilder, type ValueBatch } from '../../values/value-batch.ts';
import type { Sink, SinkColumn, SinkHole, SinkOptions, SinkReading } from '../sink.ts';

const pollMs = 200;

export async function openTopicSink(options: SinkOptions): Promise<Sink> {
  const { kafka, location, timeoutMs, signal, query, table } = options;
  if (query !== undefined || table !== undefined) {
    throw usageError('A topic has neither queries nor tables.', 'Leave --query and --table out.');
  }
  const topic = location.slice('topic:'.length);
  const cluster = await openCluster({
    bootstrapServers: kafka!.bootstrapServers,
    client: clientFromSettings(kafka!.settings),
    clientId: 'nodrop-check',
    timeoutMs,
    signal,
  });
  const found = await cluster.metadata(topic);
  if (found === undefined) {
    await cluster.close();
    throw usageError(`Topic ${topic}, the sink, does not exist.`);
  }
  return new TopicSink(cluster, topic, options);
}

class TopicSink implements Sink {
  readonly name: string;
  readonly rows = 'records';
  readonly #cluster: Cluster;
  readonly #topic: string;
  readonly #options: SinkOptions;

  constructor(cluster: Cluster, topic: string, options: SinkOptions) {
    this.#cluster = cluster;
    this.#topic = topic;
    this.#options = options;
    this.name = `topic:${topic}`;
  }

  /** The places of a sample of the records. */
  async columns(): Promise<readonly SinkColumn[]> {
    const deadline = this.#cluster.deadline();
    const found = new PlacesOfRecords();
    const { ranges } = await this.#ranges(deadline);
    await sampleRecords(this.#cluster, this.#topic, ranges, deadline, (batch, i) => found.look(batch, i));
    return found.places().map(({ text, kind }) => {
      const own = kind === 'json' ? 'json' : 'text';
      return { place: text, type: own, kind: own };
    });
  }

  async open(places: readonly ValuePlace[]): Promise<SinkReading> {
    const values = new RecordValues(places, () => '--sink-id');
    const deadline = this.#cluster.deadline();
    const { ranges, ends } = await this.#ranges(deadline);
    await this.#untilDecided(ends);
    const kinds = new KindsOfRecords(places, values);
    await sampleRecords(this.#cluster, this.#topic, ranges, deadline, (batch, i) => kinds.look(batch, i));
    return {
      kinds: kinds.kinds(),
      noSnapshot:
        'A topic has no snapshot: its records were read one after the other, up to an end that was fixed first.',
      estimate: ranges.reduce((sum, { start, end }) => sum + end - start, 0),
      holes: [...removedFrom(this.#topic, ranges), ...(await this.#compaction())],
      notes: [],
      batches: () => this.#batches(values, places.length, ends),
      close: () => Promise.resolve(),
    };
  }

  async #compaction(): Promise<SinkHole[]> {
    const { kafka, timeoutMs, signal } = this.#options;
    const { bootstrapServers, settings } = kafka!;
    const access = { bootstrapServers, client: clientFromSettings(settings), timeoutMs, signal };
    const compacted = await isCompacted(access, this.#topic);
    if (compacted === false) return [];
    const how = compacted === true ? 'removes' : 'may remove (the settings cannot be read)';
    return [
      { by: 'compaction', text: `Kafka ${how} records of ${this.#topic} that have a later one of their key` },
    ];
  }

  /**
   * Waits until all transactions below these ends have ended: what an open one wrote is neither there nor missing. Throws
   * `unavailable` if one is still open at the deadline.
   */
  async #untilDecided(ends: ReadonlyMap<number, number>): Promise<void> {
    const { timeoutMs, signal } = this.#options;
    let open: readonly [partition: number, offset: number] | undefined;
    const look = async (): Promise<boolean> => {
      const stable = await listOffsets(this.#cluster, this.#topic, 'last-stable');
      open = [...stable].find(([partition, offset]) => offset < (ends.get(partition) ?? 0));
      return open === undefined;
    };
    if ((await new Deadline(timeoutMs, signal).poll(look, pollMs)) === true) return;
    const [partition, offset] = open!;
    throw unavailableError(
      `Topic ${this.#topic}, the sink, has an open transaction (partition ${partition}, from offset ${offset} on): nothing tells yet whether what it wrote is there.`,
      { hint: 'Try again when it has ended, or give it more time with --timeout.' },
    );
  }

  async #ranges(deadline: Deadline): Promise<{ ranges: ReadRange[]; ends: ReadonlyMap<number, number> }> {
    const starts = await listOffsets(this.#cluster, this.#topic, 'earliest', deadline);
    const ends = await listOffsets(this.#cluster, this.#topic, 'latest', deadline);
    const ranges = [...ends].map(([partition, end]) => ({
      partition,
      start: Math.min(starts.get(partition) ?? 0, end),
      end,
    }));
    return { ranges, ends };
  }

  async *#batches(
    values: RecordValues,
    width: number,
    to: ReadonlyMap<number, number>,
  ): AsyncIterable<ValueBatch> {
    const full: ValueBatch[] = [];
    let builder = new ValueBatchBuilder(width);
    let wake = Promise.withResolvers<void>();
    let partitions: number[] = [];
    let offsets: number[] = [];
    const cut = (): void => {
      const places = { partition: Int32Array.from(partitions), offset: Float64Array.from(offsets) };
      full.push({ ...builder.take(), places });
      builder = new ValueBatchBuilder(width);
      partitions = [];
      offsets = [];
      wake.resolve();
    };
    const onBatch = ({ partition, batch, from, to: end, state }: ScannedBatch): void => {
      if (state !== 'committed') return;
      for (let i = from; i < end; i++) {
        values.add(batch, i, builder);
        partitions.push(partition);
        offsets.push(batch.offset[i]!);
      }
      if (builder.isFull) cut();
    };
    const { timeoutMs } = this.#options;
    const left = new AbortController();
    const signal = AbortSignal.any([this.#options.signal, left.signal]);
    const state = { isOver: false };
    const scan = scanLog(this.#cluster, this.#topic, { to, timeoutMs, signal, onBatch }).finally(() => {
      state.isOver = true;
      wake.resolve();
    });
    // The loop below gets the error; until then, nothing waits for it.
    scan.catch(() => undefined);
    try {
      while (!state.isOver || full.length > 0) {
        const next = full.shift();
        if (next !== undefined) yield next;
        else {
          await wake.promise;
          wake = Promise.withResolvers();
        }
      }
      await scan;
      if (builder.count > 0) cut();
      yield* full;
    } finally {
      // The reader may leave before the end: nothing more is fetched then.
      left.abort();
    }
  }

  async close(): Promise<void> {
    await this.#cluster.close();
  }
}

function removedFrom(topic: string, ranges: readonly { partition: number; start: number }[]): SinkHole[] {
  const removed = ranges.filter(({ start }) => start > 0);
  const [first] = removed;
  if (first === undefined) return [];
  const others = removed.length === 1 ? '' : `, and ${removed.length - 1} more begin above 0`;
  const text = `Kafka has removed the first records of ${topic} (partition ${first.partition} begins at offset ${first.start}${others})`;
  return [{ by: 'retention', text }];
}
