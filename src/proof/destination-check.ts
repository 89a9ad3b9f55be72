/** The check of one destination: the messages that it is to have against what it has. */
import type { CheckRecord } from '../check/check-record.ts';
import type { JudgedFacts, JudgeOptions } from '../check/judge-facts.ts';
import { startSinkThread, ThreadedSink } from '../check/sink/threaded-sink.ts';
import type { SinkOptions } from '../sinks/sink.ts';
import { DestinationFacts, type DestinationFactsOptions } from './destination-facts.ts';

export interface DestinationCheckOptions extends Omit<DestinationFactsOptions, 'bootstrapServers'> {
  kafka: NonNullable<SinkOptions['kafka']>;
  timeoutMs: number;
  signal: AbortSignal;
  onProgress: (rows: number, total: number | undefined) => void;
}

export class DestinationCheck implements AsyncDisposable {
  readonly #options: DestinationCheckOptions;
  readonly facts: DestinationFacts;
  #sink: ThreadedSink | undefined;
  #expectedRows: number | undefined;
  /** Set at the end of a drain that did not come to rest. */
  isUndrained = false;

  constructor(options: DestinationCheckOptions) {
    this.#options = options;
    this.facts = new DestinationFacts({ ...options, bootstrapServers: options.kafka.bootstrapServers });
  }

  get destination(): DestinationFacts['destination'] {
    return this.facts.destination;
  }

  /** Reads the destination once more. Throws `usage` if there is no such table, column or topic. */
  async look(): Promise<void> {
    const { path, destination, kafka, timeoutMs, signal, onProgress } = this.#options;
    const { location, query, table } = destination;
    this.#sink ??= await ThreadedSink.open(
      { location, query, table, kafka, timeoutMs, asOf: new Date(), signal },
      startSinkThread((rows) => onProgress(rows, this.#expectedRows)),
    );
    const { columns, shape } = this.facts;
    const { kinds, estimate } = await this.#sink.begin(columns.places);
    this.#expectedRows = estimate;
    const { file, layout } = await this.facts.begin(kinds);
    const options = {
      path: `${path}/${file}`,
      shape,
      layout,
      topics: [destination.positionsOf ?? ''],
      sample: 1,
      flags: 0,
    };
    const look = await this.#sink.read(options);
    // A topic only grows: what it had at the end of the drain is what one snapshot would have.
    if (destination.topic !== undefined) look.noSnapshot = null;
    this.facts.add({ file, ...look });
  }

  async judge(
    options: Pick<JudgeOptions, 'allowed' | 'isMade' | 'isConsequence' | 'onFinding' | 'onBucket'>,
  ): Promise<JudgedFacts> {
    return await this.facts.judge(this.record(), { ...options, signal: this.#options.signal });
  }

  record(): CheckRecord {
    return this.facts.record(this.#sink!, this.isUndrained);
  }

  /** Writes down what was read, so that it can be judged again. */
  save(): void {
    this.facts.save(this.record());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#sink?.[Symbol.asyncDispose]();
  }
}
