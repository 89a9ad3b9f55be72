/** The check of one destination: the messages that it is to have against what it has. Its folder is that of a check. */
import { rmSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import {
  laterFile,
  lookFile,
  recordsFile,
  type CheckRecord,
  type LookRecord,
} from '../check/check-record.ts';
import { formsText } from '../check/draft-record.ts';
import { rowLayout, recordLayout, type Forms, type RecordColumns, type RowColumns } from '../check/bound-places.ts';
import { indexOf } from '../check/facts/bucket-index.ts';
import { factFlags, type FactShape } from '../check/facts/fact-format.ts';
import { HopFiles } from '../check/facts/fact-files.ts';
import { FactWriter } from '../check/facts/fact-writer.ts';
import { judgeFacts, type JudgedFacts, type JudgeOptions } from '../check/judge-facts.ts';
import { ThreadedSink } from '../check/sink/threaded-sink.ts';
import { formsOfPlaces } from '../check/forms.ts';
import type { SinkOptions } from '../sinks/sink.ts';
import { sealText } from '../run-folder/seal.ts';
import { idHeader } from '../run-folder/message-log.ts';
import { writeWhole } from '../system/write-whole.ts';
import { none } from '../workload/place.ts';
import type { ValueKind } from '../values/value-batch.ts';
import { parseValuePlace, type ValuePlace } from '../values/value-place.ts';
import type { Destination } from './destinations.ts';
import type { DestinationRule } from './expectations.ts';
import { kindsOfMessages, writeMadeFacts } from './made-facts.ts';

export interface DestinationCheckOptions {
  run: string;
  /** The folder of this destination. */
  path: string;
  /** The message log. */
  messages: string;
  /** By sequence. */
  outcomes: Uint8Array;
  sent: number;
  destination: Destination;
  rule: DestinationRule;
  kafka: NonNullable<SinkOptions['kafka']>;
  settleMs: number;
  timeoutMs: number;
  /** Nothing was there before the run. */
  wasEmpty: boolean;
  buckets: number;
  signal: AbortSignal;
  onProgress: (rows: number, total: number | undefined) => void;
}

const messageId: ValuePlace = { kind: 'header', name: idHeader, text: `header:${idHeader}` };

export class DestinationCheck implements AsyncDisposable {
  readonly #options: DestinationCheckOptions;
  readonly #columns: RecordColumns;
  readonly #rows: RowColumns;
  readonly #shape: FactShape;
  #sink: ThreadedSink | undefined;
  #expectedRows: number | undefined;
  #kinds: readonly ValueKind[] = [];
  #forms: Forms | undefined;
  #records: CheckRecord['records'] | undefined;
  #looks: LookRecord[] = [];
  #lookCount = 0;
  #later: CheckRecord['later'] | undefined;
  /** By sequence: the messages with an unknown outcome that a destination before this one has. */
  #sent: Uint8Array | undefined;
  /** Set at the end of a drain that did not come to rest. */
  isUndrained = false;

  constructor(options: DestinationCheckOptions) {
    this.#options = options;
    const { destination, rule, buckets } = options;
    this.#columns = messageColumns(destination, rule);
    this.#rows = destinationColumns(destination, rule);
    this.#shape = {
      compared: destination.comparisons.length,
      isVersioned: rule.latest?.version !== undefined,
      buckets,
    };
  }

  get destination(): Destination {
    return this.#options.destination;
  }

  /** Reads the destination once more. Throws `usage` if there is no such table, column or topic. */
  async look(): Promise<void> {
    const { path, messages, destination, kafka, timeoutMs, signal, onProgress } = this.#options;
    await mkdir(path, { recursive: true, mode: 0o700 });
    const { location, query, table } = destination;
    this.#sink ??= await ThreadedSink.open(
      { location, query, table, kafka, timeoutMs, asOf: new Date(), signal },
      (rows) => onProgress(rows, this.#expectedRows),
    );
    const { kinds, estimate } = await this.#sink.begin(this.#rows.places);
    this.#expectedRows = estimate;
    if (this.#forms === undefined || kinds.join() !== this.#kinds.join()) {
      // What was read in other forms cannot be compared.
      for (const { file } of this.#looks) for (const end of ['facts', 'ids']) rmSync(`${path}/${file}.${end}`);
      this.#looks = [];
      this.#kinds = kinds;
      const made = kindsOfMessages(messages, this.#columns.places, this.#columns.optionOf);
      this.#forms = formsOfPlaces(this.#columns, made, [{ columns: this.#rows, kinds }]);
      this.#writeMade();
    }
    const file = lookFile(0, ++this.#lookCount);
    const layout = rowLayout(this.#rows, this.#forms);
    const options = { path: `${path}/${file}`, shape: this.#shape, layout, topics: [''], sample: 1, flags: 0 };
    this.#looks.push({ file, ...(await this.#sink.read(options)) });
  }

  /**
   * Notes which of the messages with an unknown outcome were sent, since a destination before this one has them: `before`, by
   * sequence. Returns those, and the ones that this one has. To be called after each look.
   */
  noteSent(before: Uint8Array | undefined): Uint8Array {
    const { rule, outcomes } = this.#options;
    const here = before?.slice() ?? new Uint8Array(outcomes.length);
    if (rule.latest === undefined) this.#markSent(here);
    // A message of which one child is there has the others, too.
    const sent = rule.hasChildren ? here : before;
    if (sent !== undefined && (this.#sent === undefined || Buffer.compare(sent, this.#sent) !== 0)) {
      this.#sent = sent;
      this.#writeMade();
    }
    return here;
  }

  #markSent(sent: Uint8Array): void {
    const { path } = this.#options;
    using made = new HopFiles(path, recordsFile, this.#shape);
    using look = new HopFiles(path, this.#looks.at(-1)!.file, this.#shape);
    for (let bucket = 0; bucket < this.#shape.buckets; bucket++) {
      const messages = made.read(bucket);
      const there = indexOf(look.read(bucket));
      for (let fact = 0; fact < messages.count; fact++) {
        const isDoubtful = (messages.flags(fact) & factFlags.doubtful) !== 0;
        if (isDoubtful && there.find(messages, fact) !== none) sent[messages.offset(fact)] = 1;
      }
    }
  }

  async judge(options: Pick<JudgeOptions, 'allowed' | 'isMade' | 'isConsequence' | 'onFinding' | 'onBucket'>): Promise<JudgedFacts> {
    const { path, signal } = this.#options;
    return await judgeFacts(this.record(), { ...options, path, signal });
  }

  record(): CheckRecord {
    const { run, destination, rule, kafka, sent, settleMs, wasEmpty } = this.#options;
    const count = this.#options.outcomes.length;
    const sink = this.#sink!;
    const plan: CheckRecord['plan'] = {
      id: this.#columns.places[0]!.text,
      ...(destination.category && { category: destination.category.message.text }),
      ...(rule.isRouted && { route: 'expect' }),
      comparisons: destination.comparisons.map(({ text }) => text),
      rule: rule.rule,
      ...(rule.latest?.version !== undefined && { version: rule.latest.version }),
      drops: [],
      settleMs,
    };
    return {
      schema: 1,
      id: run,
      bootstrapServers: kafka.bootstrapServers,
      plan,
      idForm: this.#forms!.id,
      forms: formsText(destination, this.#forms!),
      shape: this.#shape,
      topics: [
        {
          name: 'messages',
          topicId: '',
          compacted: false,
          partitions: [
            {
              partition: 0,
              start: 0,
              startAfter: 0,
              from: 0,
              to: count,
              end: count,
              reached: count,
              lastStableOffset: count,
              committed: null,
            },
          ],
        },
      ],
      records: { ...this.#records!, read: sent },
      later: this.#later!,
      sinks: [
        {
          name: sink.name,
          label: destination.name,
          rows: sink.rows,
          id: destination.id.text,
          ...(destination.category && { category: destination.category.there.text }),
          ...(destination.query !== undefined && { query: destination.query }),
          ...(destination.table !== undefined && { table: destination.table }),
          looks: [...this.#looks],
        },
      ],
      isWholeLife: wasEmpty,
      isUndrained: this.isUndrained,
      notes: [],
      problems: [],
      createdAt: Date.now(),
    };
  }

  /** Writes down what was read, so that it can be judged again. */
  save(): void {
    const text = `${JSON.stringify(this.record(), null, 2)}\n`;
    const path = `${this.#options.path}/check.json`;
    writeWhole(path, text);
    sealText(path, text);
  }

  #writeMade(): void {
    const { path, messages, destination, rule, outcomes } = this.#options;
    for (const file of [recordsFile, laterFile(0)])
      for (const end of ['facts', 'ids']) rmSync(`${path}/${file}.${end}`, { force: true });
    this.#records = writeMadeFacts({
      messages,
      path: `${path}/${recordsFile}`,
      destination,
      places: this.#columns.places,
      layout: recordLayout(this.#columns, this.#forms!, []),
      shape: this.#shape,
      isLatest: rule.latest !== undefined,
      outcomes,
      sent: this.#sent,
    });
    // No message came after those that were handed over.
    const file = laterFile(0);
    const none = new FactWriter(`${path}/${file}`, this.#shape).close();
    this.#later = { file, ...none, isWhole: true, withoutId: 0 };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#sink?.[Symbol.asyncDispose]();
  }
}

function messageColumns({ name, category, comparisons }: Destination, { latest }: DestinationRule): RecordColumns {
  const places: ValuePlace[] = [latest === undefined ? messageId : parseValuePlace(latest.key, `expect: latest at ${name}`)];
  const add = (place: ValuePlace): number => places.push(place) - 1;
  return {
    places,
    id: 0,
    category: category && add(category.message),
    compared: comparisons.map(({ record }) => add(record)),
    version: latest?.version === undefined ? undefined : add(parseValuePlace(latest.version.split('=')[0]!, `expect: latest at ${name}`)),
    drops: [],
    route: undefined,
    optionOf: (place) => `${name}: ${place.text}`,
  };
}

function destinationColumns({ name, id, category, comparisons }: Destination, { latest }: DestinationRule): RowColumns {
  const places: ValuePlace[] = [id];
  const add = (place: ValuePlace): number => places.push(place) - 1;
  const [, version] = latest?.version?.split('=') ?? [];
  return {
    places,
    id: 0,
    position: undefined,
    category: category && add(category.there),
    compared: comparisons.map(({ row }) => add(row)),
    version: version === undefined ? undefined : add(parseValuePlace(version, `expect: latest at ${name}`)),
  };
}
