/** A program as a source: it takes messages as lines of JSON and prints what became of each. Several may share them. */
import type { CommandSource } from '../../config/config.ts';
import { ProcessLog } from '../../processes/process-log.ts';
import { say } from '../../text/say.ts';
import type { Handover, OpenedSource, OutgoingMessage, SourceOptions } from '../source.ts';
import { SourceWorker } from './source-worker.ts';

/** Messages that a program may have at the same time. */
const messagesOfWorkerMax = 256;

/** Throws `unavailable` if a program does not become ready. */
export async function openCommandSource(
  source: CommandSource,
  options: SourceOptions,
): Promise<OpenedSource> {
  const log = new ProcessLog(options.logFile, (sentence) => say(`nodrop: ${sentence}`));
  const { workers: of = 1 } = source;
  const started = await Promise.allSettled(
    Array.from({ length: of }, (_, index) => SourceWorker.start(source, options, { index, of }, log)),
  );
  const workers = started.flatMap((each) => (each.status === 'fulfilled' ? each.value : []));
  const sharing = new SharingSource(workers, log);
  const failed = started.find((each) => each.status === 'rejected');
  if (failed === undefined) return sharing;
  await sharing.close();
  throw failed.reason;
}

class SharingSource implements OpenedSource {
  readonly concurrency: number;
  readonly batchMax = 1;
  readonly #workers: readonly SourceWorker[];
  readonly #log: ProcessLog;
  /** Messages without a key go to the workers in turn. */
  #turn = 0;

  constructor(workers: readonly SourceWorker[], log: ProcessLog) {
    this.concurrency = workers.length * messagesOfWorkerMax;
    this.#workers = workers;
    this.#log = log;
  }

  async send(messages: readonly OutgoingMessage[]): Promise<readonly Handover[]> {
    return await Promise.all(messages.map(async (message) => await this.#workerFor(message).give(message)));
  }

  async end(): Promise<readonly string[]> {
    return (await Promise.all(this.#workers.map((worker) => worker.end()))).flat();
  }

  async close(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.close()));
    this.#log.close();
  }

  /** Messages of one key go to one worker, as long as it is there: their order counts. */
  #workerFor({ key }: OutgoingMessage): SourceWorker {
    const workers = this.#workers;
    const first = (key === null ? this.#turn++ : sumOf(key)) % workers.length;
    const inTurn = [...workers.slice(first), ...workers.slice(0, first)];
    const usable = inTurn.find(({ isUsable }) => isUsable);
    if (usable === undefined) throw workers[0]!.failure;
    return usable;
  }
}

/** An even spread of keys over a few workers. */
const sumOf = (key: Uint8Array): number => key.reduce((sum, byte) => (sum * 31 + byte) % 0x7fffffff, 7);
