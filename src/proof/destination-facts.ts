/**
 * The facts of one destination, in a folder like that of a check: the messages that it is to have, and each look at what it
 * has.
 */
import { rmSync } from 'node:fs';
import {
  recordLayout,
  rowLayout,
  type Forms,
  type RecordColumns,
  type RowColumns,
} from '../check/bound-places.ts';
import {
  laterFile,
  lookFile,
  recordsFile,
  type CheckRecord,
  type LookRecord,
} from '../check/check-record.ts';
import { formsText } from '../check/draft-record.ts';
import { HopFiles } from '../check/facts/fact-files.ts';
import type { FactShape } from '../check/facts/fact-format.ts';
import { FactWriter } from '../check/facts/fact-writer.ts';
import type { Layout } from '../check/facts/layout.ts';
import { formsOfPlaces } from '../check/forms.ts';
import { judgeFacts, type JudgedFacts, type JudgeOptions } from '../check/judge-facts.ts';
import { sealText } from '../run-folder/seal.ts';
import { makeFolder } from '../system/make-folder.ts';
import { writeWhole } from '../system/write-whole.ts';
import type { ValueKind } from '../values/value-batch.ts';
import { destinationColumns, messageColumns } from './destination-columns.ts';
import type { Destination } from './destinations.ts';
import type { DestinationRule } from './expectations.ts';
import { kindsOfMessages, writeMadeFacts, type MadeFacts } from './made-facts.ts';
import { nameRows } from './rows-by-position.ts';
import { markSent } from './mark-sent.ts';

export interface DestinationFactsOptions {
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
  bootstrapServers: string;
  settleMs: number;
  /** Nothing was there before the run, nor at the destinations before. */
  wasEmpty: boolean;
  buckets: number;
}

export class DestinationFacts {
  readonly columns: RowColumns;
  readonly shape: FactShape;
  readonly #options: DestinationFactsOptions;
  readonly #columns: RecordColumns;
  #kinds: readonly ValueKind[] = [];
  #forms: Forms | undefined;
  #made: MadeFacts | undefined;
  #looks: LookRecord[] = [];
  /** Whether the id of each row can be told. */
  #areRowsNamed = true;
  #lookCount = 0;
  #later: CheckRecord['later'] | undefined;
  /** By sequence: the messages with an unknown outcome that were sent, as far as the facts say so. */
  #sent: Uint8Array;

  constructor(options: DestinationFactsOptions) {
    this.#options = options;
    const { destination, rule, buckets, outcomes } = options;
    this.#sent = new Uint8Array(outcomes.length);
    this.#columns = messageColumns(destination, rule);
    this.columns = destinationColumns(destination, rule);
    this.shape = {
      compared: destination.comparisons.length,
      isVersioned: rule.latest?.version !== undefined,
      buckets,
    };
  }

  get destination(): Destination & { hasChildren: boolean } {
    const { destination, rule } = this.#options;
    return { ...destination, hasChildren: rule.hasChildren };
  }

  /** Begins a look at values of these kinds. Returns the name of its file, to be written in this layout. */
  async begin(kinds: readonly ValueKind[]): Promise<{ file: string; layout: Layout }> {
    const { path, messages } = this.#options;
    makeFolder(path);
    if (this.#forms === undefined || kinds.join() !== this.#kinds.join()) {
      // What was read in other forms cannot be compared.
      for (const { file } of this.#looks) removeFacts(`${path}/${file}`);
      this.#looks = [];
      this.#kinds = kinds;
      const made = kindsOfMessages(messages, this.#columns.places, this.#columns.optionOf);
      this.#forms = formsOfPlaces(this.#columns, made, [{ columns: this.columns, kinds }]);
      this.#writeMade();
    }
    return { file: lookFile(0, ++this.#lookCount), layout: rowLayout(this.columns, this.#forms) };
  }

  add(look: LookRecord): void {
    // Positions and dead letters that a program tells are of its own topics, and not of the messages.
    this.#looks.push({ ...look, positions: [], letters: [] });
  }

  /** Gives the rows of the last look their ids, if they tell positions of the topic that feeds them. */
  nameRows(before: DestinationFacts): void {
    if (this.#options.destination.positionsOf === undefined) return;
    const { path } = this.#options;
    if (this.#forms!.id !== before.#forms!.id) {
      this.#forms = { ...this.#forms!, id: before.#forms!.id };
      this.#writeMade();
    }
    const look = this.#looks.pop()!;
    const feeding = before.#looks.at(-1)!;
    const file = `${look.file}-named`;
    const named = nameRows(
      { path, file: look.file, shape: this.shape },
      { path: before.#options.path, file: feeding.file, shape: before.shape },
      file,
    );
    removeFacts(`${path}/${look.file}`);
    // A message whose record may be gone from the topic may have a row that nothing tells of.
    const holes = [...look.holes, ...feeding.holes];
    this.#looks.push({ ...look, ...named, file, holes });
    this.#areRowsNamed = holes.length === 0 && feeding.withoutId === 0;
  }

  /**
   * Notes which of the messages with an unknown outcome were sent, since a destination before this one has them: `before`, by
   * sequence. Returns those, and the ones that this one has. To be called after each look.
   */
  noteSent(before: Uint8Array | undefined): Uint8Array {
    const { path, rule, outcomes } = this.#options;
    const here = before?.slice() ?? new Uint8Array(outcomes.length);
    if (rule.latest === undefined) {
      using made = new HopFiles(path, recordsFile, this.shape);
      using look = new HopFiles(path, this.#looks.at(-1)!.file, this.shape);
      markSent(here, { made, look, buckets: this.shape.buckets });
    }
    // A message of which one child is there has the others, too.
    const sent = rule.hasChildren ? here : before;
    if (sent !== undefined && Buffer.compare(sent, this.#sent) !== 0) {
      this.#sent = sent;
      this.#writeMade();
    }
    return here;
  }

  /** `sink`: its name, and what its rows are called. */
  record(sink: { name: string; rows: string }, isUndrained: boolean): CheckRecord {
    const { run, destination, rule, bootstrapServers, outcomes, sent, settleMs, wasEmpty } = this.#options;
    const { category, query, table } = destination;
    return {
      schema: 1,
      id: run,
      bootstrapServers,
      plan: {
        id: this.#columns.places[0]!.text,
        ...(category && { category: category.message.text }),
        ...(rule.isRouted && { route: 'expect' }),
        comparisons: destination.comparisons.map(({ text }) => text),
        rule: rule.rule,
        ...(rule.latest?.version !== undefined && { version: rule.latest.version }),
        drops: [],
        settleMs,
      },
      idForm: this.#forms!.id,
      forms: formsText(destination, this.#forms!),
      shape: this.shape,
      topics: [messagesAsTopic(outcomes.length, this.#made!.partitions)],
      records: { ...this.#made!.records, read: sent },
      later: this.#later!,
      sinks: [
        {
          name: sink.name,
          label: destination.name,
          rows: sink.rows,
          id: destination.id.text,
          ...(category && { category: category.there.text }),
          ...(query !== undefined && { query }),
          ...(table !== undefined && { table }),
          looks: [...this.#looks],
        },
      ],
      isWholeLife: wasEmpty && this.#areRowsNamed,
      isUndrained,
      notes: [],
      problems: [],
      createdAt: Date.now(),
    };
  }

  async judge(
    record: CheckRecord,
    options: Pick<JudgeOptions, 'allowed' | 'isMade' | 'isConsequence' | 'onFinding' | 'onBucket' | 'signal'>,
  ): Promise<JudgedFacts> {
    return await judgeFacts(record, { ...options, path: this.#options.path });
  }

  /** Writes down what was read, so that it can be judged again. */
  save(record: CheckRecord): void {
    const text = `${JSON.stringify(record, null, 2)}\n`;
    const path = `${this.#options.path}/check.json`;
    writeWhole(path, text);
    sealText(path, text);
  }

  #writeMade(): void {
    const { path, messages, destination, rule, outcomes } = this.#options;
    for (const file of [recordsFile, laterFile(0)]) removeFacts(`${path}/${file}`);
    this.#made = writeMadeFacts({
      messages,
      path: `${path}/${recordsFile}`,
      destination,
      places: this.#columns.places,
      layout: recordLayout(this.#columns, this.#forms!, []),
      shape: this.shape,
      isLatest: rule.latest !== undefined,
      outcomes,
      sent: this.#sent,
    });
    // No message came after those that were handed over.
    const file = laterFile(0);
    const none = new FactWriter(`${path}/${file}`, this.shape).close();
    this.#later = { file, ...none, isWhole: true, withoutId: 0 };
  }
}

function removeFacts(path: string): void {
  for (const end of ['facts', 'ids']) rmSync(`${path}.${end}`, { force: true });
}

/** The messages are as records whose offsets are their numbers. The drain has seen all of them through. */
const messagesAsTopic = (count: number, partitions: number): CheckRecord['topics'][number] => ({
  name: 'messages',
  topicId: '',
  compacted: false,
  partitions: Array.from({ length: partitions }, (_, partition) => ({
    partition,
    start: 0,
    startAfter: 0,
    from: 0,
    to: count,
    end: count,
    reached: count,
    lastStableOffset: count,
    committed: count,
  })),
});
