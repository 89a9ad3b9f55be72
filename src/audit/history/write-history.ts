/**
 * Writes evidence in the history form. It leaves out everything that the form does not have: payloads, times, the
 * reasons of dead letters. Digests and keys are numbers as texts, which are equal if the evidence's numbers are.
 */
import {
  categoryUntold,
  deadLetterCategory,
  logFlags,
  untold,
  type AttemptBatch,
  type DeliveryBatch,
  type Evidence,
  type Hop,
  type LogBatch,
  type LogRange,
  type StoreBatch,
  type WrittenBatch,
} from '../evidence.ts';
import { jsonText } from '../../text/json-text.ts';
import { outcomes } from '../../run-folder/ledger/outcome.ts';
import { none } from '../../workload/place.ts';
import { BitSet } from '../bit-set.ts';
import { hopNames, type HopName, type Line, type LineOf } from './line-types.ts';

export interface HistoryToWrite {
  evidence: Evidence;
  /** The plan: messages by producer; undefined if there is none. */
  producers?: Readonly<Record<string, number>>;
  /** The defects that were planted in the run on purpose, if any were. */
  sabotage?: string;
  /** Called for each hop that gets no `complete` line, after all other lines were written. */
  onIncomplete?: (hop: HopName, problem: string) => void;
}

/** The lines, without line ends. The evidence is read while the caller takes them. */
export async function* historyLines({
  evidence,
  producers,
  sabotage,
  onIncomplete,
}: HistoryToWrite): AsyncIterable<string> {
  const writer = new HistoryWriter(evidence);
  for await (const line of writer.lines(producers, sabotage)) yield jsonText(line);
  for (const [name, hop] of hopsOf(evidence)) {
    const problem = hop.whole ? writer.contradictionOf(name) : hop.problem || 'it is missing';
    if (problem === undefined) yield jsonText({ type: 'complete', of: name } satisfies Line);
    else onIncomplete?.(name, problem);
  }
}

const hopsOf = (evidence: Evidence): [HopName, Hop<unknown, unknown>][] =>
  hopNames.flatMap((name) => {
    const hop = evidence[name];
    return hop === undefined ? [] : [[name, hop]];
  });

class HistoryWriter {
  readonly #evidence: Evidence;
  /** Indexes of messages that were sent, and of those whose record names their producer and sequence. */
  readonly #sent = new BitSet();
  readonly #traced = new BitSet();
  /** Records that do not say which message they are: at an acked offset, such a record is the acked message. */
  readonly #nameless = new Map<string, Line[]>();
  #withoutIntent = 0;
  #withoutState = 0;

  constructor(evidence: Evidence) {
    this.#evidence = evidence;
  }

  async *lines(producers: HistoryToWrite['producers'], sabotage: string | undefined): AsyncIterable<Line> {
    const { ledger, log, store, deliveries, written, commits } = this.#evidence;
    yield { ...this.#run(producers), ...(sabotage && { sabotage }) };
    for (const range of log.ranges) yield { ...rangeLine(range), ...this.#place(range.partition) };
    for (const batch of log.batches()) yield* this.#records(batch);
    for (const batch of ledger.batches()) yield* this.#sends(batch);
    for (const { name, end } of ledger.transactions ?? [])
      yield { type: 'transaction', id: name, outcome: end };
    for (const lines of this.#nameless.values()) yield* lines;
    for await (const batch of store.batches()) yield* this.#rows(batch);
    for (const [partition, offset] of store.positions) {
      yield { type: 'position', ...this.#place(partition), offset };
    }
    for (const [partition, offset] of commits ?? []) {
      yield { type: 'commit', ...this.#place(partition), offset };
    }
    for (const batch of deliveries?.batches() ?? []) {
      for (const line of deliveryLines(batch)) yield { ...line, ...this.#place(line.partition) };
    }
    for (const batch of written?.batches() ?? []) yield* this.#written(batch);
  }

  /** Why a hop that claims to be whole is not. */
  contradictionOf(hop: HopName): string | undefined {
    if (hop === 'store') return this.#evidence.store.oddPositions?.join(' ') || undefined;
    if (hop !== 'ledger') return undefined;
    if (this.#withoutState > 0) return `it has attempts that the plan does not know (${this.#withoutState})`;
    return this.#withoutIntent > 0
      ? `it lacks intents of what is stored (${this.#withoutIntent})`
      : undefined;
  }

  #run(producers: HistoryToWrite['producers']): Line {
    const { run, rule, categories, log, store, settings } = this.#evidence;
    const required = hopsOf(this.#evidence).filter(([, hop]) => hop.required ?? true);
    return {
      type: 'run',
      run,
      states: [...categories],
      hops: required.map(([name]) => name),
      ...(rule !== undefined && { rule }),
      ...(producers !== undefined && { messages: { ...producers } }),
      ...(settings?.acks !== undefined && { acks: settings.acks }),
      ...(settings?.uncleanElection === true && { uncleanElection: true }),
      ...(log.topicRecreated === true && { topicRecreated: true }),
      ...(log.isKeyed === false && { keyed: false }),
      ...(log.isFinal === false && { logFinal: false }),
      ...(log.hasAllRanges === true && { allRanges: true }),
      ...(store.tellsPlaces === true && { rowsTellPlaces: true }),
    };
  }

  *#sends({ count, message, outcome, partition, offset, transaction }: AttemptBatch): Iterable<Line> {
    const { messages, ledger } = this.#evidence;
    for (let row = 0; row < count; row++) {
      const index = message[row]!;
      const { id, producer, sequence, state } = messages.name(index);
      if (state === undefined) {
        // The expected state is not known, and any other state would be used against the store.
        this.#withoutState += 1;
        continue;
      }
      this.#sent.add(index);
      if (outcomes[outcome[row]!] === 'acked') this.#disown(partition[row]!, offset[row]!);
      yield {
        type: 'send',
        id,
        ...(producer !== undefined && { producer }),
        ...(sequence !== undefined && { sequence }),
        state,
        outcome: outcomes[outcome[row]!]!,
        ...this.#placeAt(partition[row]!, offset[row]!),
        ...nameOf(ledger, transaction?.[row] ?? none),
        ...(messages.isTombstone?.(index) === true && { tombstone: true }),
        ...(messages.isDropped?.(index) === true && { dropped: true }),
        ...digestOf(messages.expectedContent(index)),
        ...this.#keyOf(messages.expectedKey?.(index)),
      };
    }
  }

  /** In the form, a record at an acked offset that does not have the acked id is a foreign one. */
  #disown(partition: number, offset: number): void {
    const lines = this.#nameless.get(`${partition}:${offset}`) ?? [];
    for (const [index, line] of lines.entries()) {
      if (line.type !== 'log') continue;
      const { id: _, ...rest } = line;
      lines[index] = { ...rest, foreign: true };
    }
  }

  *#records(batch: LogBatch): Iterable<Line> {
    const { messages } = this.#evidence;
    for (let row = 0; row < batch.count; row++) {
      const index = batch.message[row]!;
      const line = {
        ...recordLine(batch, row, index === none ? undefined : messages.name(index).id),
        ...this.#keyOf(batch.key[row]),
      };
      if (line.sequence !== undefined) this.#traced.add(index);
      if (!(batch.flags[row]! & logFlags.nameless)) {
        yield { ...line, ...this.#place(line.partition) };
        continue;
      }
      const place = `${line.partition}:${line.offset}`;
      this.#nameless.set(place, [...(this.#nameless.get(place) ?? []), line]);
    }
  }

  *#rows({ count, message, category, partition, offset, content, key }: StoreBatch): Iterable<Line> {
    const { messages, categories } = this.#evidence;
    for (let row = 0; row < count; row++) {
      const index = message[row]!;
      const place = this.#placeAt(partition[row]!, offset[row]!);
      const whose = index === none ? {} : { id: messages.name(index).id };
      if (index !== none) this.#noteIntent(index);
      if (category[row] !== deadLetterCategory) {
        const name = categories[category[row]!]!;
        const told = { ...place, ...digestOf(content[row]), ...this.#keyOf(key?.[row]) };
        yield { type: 'store', category: name, ...(index === none ? { foreign: true } : whose), ...told };
      } else if ('offset' in place) {
        yield { type: 'deadLetter', ...place, reason: '', ...whose, ...digestOf(content[row]) };
      }
    }
  }

  #keyOf(key: number | undefined): { key?: string } {
    if (key === undefined || key === untold) return {};
    return { key: key === this.#evidence.log.emptyKey ? '' : String(key) };
  }

  /** The partition's name in lines. */
  #place(partition: number): { topic?: string; partition: number } {
    return this.#evidence.topics?.nameOf(partition) ?? { partition };
  }

  #placeAt(
    partition: number,
    offset: number,
  ): { topic?: string; partition: number; offset: number } | object {
    return partition === none || offset === none ? {} : { ...this.#place(partition), offset };
  }

  /** A row has no sequence, so a reader of the history cannot know that its message is planned. */
  #noteIntent(index: number): void {
    if (!this.#evidence.messages.isPlanned(index)) return;
    if (!this.#sent.has(index) && !this.#traced.has(index)) this.#withoutIntent += 1;
  }

  *#written({ count, partition, offset, message, category, content }: WrittenBatch): Iterable<Line> {
    const { messages, categories } = this.#evidence;
    for (let row = 0; row < count; row++) {
      const code = category[row]!;
      const name = code === deadLetterCategory ? 'dead-letters' : categories[code];
      yield {
        type: 'written',
        ...this.#place(partition[row]!),
        offset: offset[row]!,
        ...(message[row] !== none && { id: messages.name(message[row]!).id }),
        ...(code !== categoryUntold && name !== undefined && { category: name }),
        ...digestOf(content[row]),
      };
    }
  }
}

function recordLine(batch: LogBatch, row: number, id: string | undefined): Extract<Line, { type: 'log' }> {
  const flags = batch.flags[row]!;
  const crc = flags & logFlags.crcBad ? 'bad' : flags & logFlags.crcOk ? 'ok' : undefined;
  return {
    type: 'log',
    partition: batch.partition[row]!,
    offset: batch.offset[row]!,
    ...(id === undefined ? { foreign: true } : { id }),
    ...(id !== undefined &&
      batch.sequence[row] !== none && {
        producer: `p${batch.producer[row]}`,
        session: batch.session[row]!,
        sequence: batch.sequence[row]!,
      }),
    ...digestOf(batch.content[row]),
    ...(flags & logFlags.aborted && { aborted: true }),
    ...(crc !== undefined && { crc }),
  };
}

function* deliveryLines({
  count,
  partition,
  first,
  end,
  consumer,
  epoch,
}: DeliveryBatch): Iterable<LineOf<'delivery'>> {
  for (let row = 0; row < count; row++) {
    for (let offset = first[row]!; offset < end[row]!; offset++) {
      yield {
        type: 'delivery',
        partition: partition[row]!,
        offset,
        consumer: consumer[row]!,
        ...(epoch[row] !== none && { epoch: epoch[row]! }),
      };
    }
  }
}

function rangeLine(range: LogRange): LineOf<'logRange'> {
  const { partition, start, end, base, compacted, compactionUnknown, stableEnd } = range;
  return {
    type: 'logRange',
    partition,
    start,
    end,
    ...(base !== 0 && { base }),
    ...(compactionUnknown ? { compactionUnknown } : compacted && { compacted }),
    ...(stableEnd !== undefined && stableEnd < end && { stableEnd }),
  };
}

/** The transaction of an attempt. Its name is known before its end is. */
const nameOf = ({ transactions }: Evidence['ledger'], transaction: number): { transaction?: string } =>
  transaction === none ? {} : { transaction: transactions![transaction]!.name };

const digestOf = (content: number | undefined): { digest?: string } =>
  content === undefined || content === untold ? {} : { digest: String(content) };
