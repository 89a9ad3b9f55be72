/** A program as a sink: it prints its rows as lines of the history form, and says at the end that they are complete. */
import { usageError } from '../../errors.ts';
import { Deadline } from '../../system/deadline.ts';
import { programName } from '../../system/program-name.ts';
import { JsonValues } from '../../values/json-values.ts';
import type { ValuePlace } from '../../values/value-place.ts';
import { ValueBatchBuilder, type ValueBatch, type ValueKind } from '../../values/value-batch.ts';
import { documentColumns } from '../file/document-columns.ts';
import type {
  OpenSink,
  Sink,
  SinkColumn,
  SinkDeadLetter,
  SinkOptions,
  SinkPosition,
  SinkReading,
} from '../sink.ts';
import { ProgramReader } from './program-reader.ts';
import type { ToldLine } from './told-line.ts';

const prefix = 'command:';
const sampleRows = 100;
/** They are held in memory. */
const deadLettersMax = 1_000_000;

/** Fields that the history form knows; any other one may be of any kind. */
const fieldKinds: Readonly<Record<string, ValueKind>> = {
  id: 'text',
  category: 'text',
  topic: 'text',
  partition: 'number',
  offset: 'number',
  key: 'text',
  digest: 'text',
};

/** `location`: `command:`, and what goes to `/bin/sh -c`. */
export const openCommandSink: OpenSink = async ({ location, query, table, kafka, timeoutMs, signal }) => {
  const command = location.slice(prefix.length);
  if (command.trim() === '')
    throw usageError(`${prefix} names no program.`, 'Write command:PROGRAM ARGUMENTS.');
  if (query !== undefined || table !== undefined) {
    throw usageError('A program has neither queries nor tables.', 'Leave --query and --table out.');
  }
  return new CommandSink(command, environmentFor(kafka), timeoutMs, signal);
};

/** As a user's processes get it. */
const environmentFor = (kafka: SinkOptions['kafka']): Record<string, string> =>
  kafka === undefined ? {} : { KAFKA_BOOTSTRAP_SERVERS: kafka.bootstrapServers };

class CommandSink implements Sink {
  readonly name: string;
  readonly rows = 'rows';
  readonly #command: string;
  readonly #env: Readonly<Record<string, string>>;
  readonly #timeoutMs: number;
  readonly #signal: AbortSignal;

  constructor(
    command: string,
    env: Readonly<Record<string, string>>,
    timeoutMs: number,
    signal: AbortSignal,
  ) {
    this.name = `${prefix}${programName(command)}`;
    this.#command = command;
    this.#env = env;
    this.#timeoutMs = timeoutMs;
    this.#signal = signal;
  }

  /** Starts the program, and ends it after some rows. */
  async columns(): Promise<readonly SinkColumn[]> {
    const documents: unknown[] = [];
    for await (const { line, text } of this.#reader().lines()) {
      if (line.type !== 'store') continue;
      const { type: _, ...fields } = JSON.parse(text.toString('utf8')) as Record<string, unknown>;
      if (documents.push(fields) === sampleRows) break;
    }
    return documentColumns(documents);
  }

  open(places: readonly ValuePlace[]): Promise<SinkReading> {
    return Promise.resolve(new CommandReading(this.name, this.#reader(), places));
  }

  async close(): Promise<void> {
    // A program runs only while it is read.
  }

  #reader(): ProgramReader {
    return new ProgramReader(
      this.name,
      this.#command,
      this.#env,
      new Deadline(this.#timeoutMs, this.#signal),
    );
  }
}

class CommandReading implements SinkReading {
  readonly kinds: readonly ValueKind[];
  readonly noSnapshot: string;
  readonly estimate = undefined;
  readonly notes = [];
  readonly #reader: ProgramReader;
  readonly #values: JsonValues;
  readonly #builder: ValueBatchBuilder;
  readonly #positions = new Map<string, SinkPosition>();
  readonly #deadLetters: SinkDeadLetter[] = [];

  constructor(name: string, reader: ProgramReader, places: readonly ValuePlace[]) {
    const paths = places.map(pathOf);
    this.kinds = paths.map(([field, ...rest]) => (rest.length === 0 && fieldKinds[field!]) || 'json');
    this.noSnapshot = `${name} does not tell whether its rows come from one snapshot.`;
    this.#reader = reader;
    this.#values = new JsonValues(paths);
    this.#builder = new ValueBatchBuilder(places.length);
  }

  async *batches(): AsyncGenerator<ValueBatch> {
    let isComplete = false;
    for await (const { line, text } of this.#reader.lines()) {
      if (line.type === 'complete') isComplete = true;
      else this.#add(line, text);
      if (this.#builder.isFull) yield this.#builder.take();
    }
    if (!isComplete) {
      throw this.#reader.failure(
        'exited, and did not say that its rows are complete: {"type":"complete","of":"store"} is missing',
      );
    }
    if (this.#builder.count > 0) yield this.#builder.take();
  }

  #add(line: Exclude<ToldLine, { type: 'complete' }>, text: Buffer): void {
    if (line.type === 'store') {
      this.#values.read(text, 0, text.length);
      this.#values.addTo(this.#builder);
      return;
    }
    const { topic, partition, offset } = line;
    if (line.type === 'position') {
      this.#positions.set(`${partition} ${topic ?? ''}`, { topic, partition, offset });
    } else {
      const { reason, id, digest } = line;
      const count = this.#deadLetters.push({ topic, partition, offset, reason, id, digest });
      if (count > deadLettersMax)
        throw this.#reader.failure(`printed more than ${deadLettersMax} dead letters`);
    }
  }

  positions(): readonly SinkPosition[] {
    return [...this.#positions.values()];
  }

  deadLetters(): readonly SinkDeadLetter[] {
    return this.#deadLetters;
  }

  async close(): Promise<void> {
    await this.#reader.close();
  }
}

function pathOf(place: ValuePlace): readonly string[] {
  if (place.kind === 'json') return place.path;
  if (place.kind === 'column') return [place.name];
  throw usageError(`${place.text} is no place in a line of a program.`, 'Write column:FIELD or json:PATH.');
}
