/**
 * Decides when a consumer with `--until-drained` may end: when the run's ledgers are closed, and the store holds
 * everything up to the end that the topic had at that time, including records behind open transactions. Without a
 * ledger, the end is that of the start.
 */
import { isAlive } from '../../system/process-state.ts';
import { Deadline } from '../../system/deadline.ts';
import { readLedgerOpening } from '../../run-folder/ledger/ledger-reader.ts';
import { ledgersOf } from '../../run-folder/ledger/ledgers.ts';
import type { RunFolder } from '../../run-folder/run-folder.ts';
import { hasSeal } from '../../run-folder/seal.ts';
import type { DrainEnd, DrainEnds } from './drain-ends.ts';
import { counted } from '../../text/counted.ts';
import { producerName } from '../../workload/workload.ts';

export interface DrainConfig {
  folder: RunFolder;
  /** Settles when no producer will start any more; undefined if no parent can say so: then the ledgers decide. */
  produced?: Promise<void> | undefined;
}

export interface DrainSources {
  /** The topic's ends. */
  ends: () => Promise<DrainEnds>;
  /** The store's next offsets. */
  positions: () => Promise<Map<number, { next: number }>>;
  /** Why partitions cannot be read at the moment. */
  problems: () => ReadonlyMap<number, string>;
}

/** If the end of a partition is not known, it is asked for again after this time. */
const endsPauseMs = 500;

export class Drain {
  readonly #folder: RunFolder;
  readonly #sources: DrainSources;
  #isProduced = false;
  #ends: Map<number, DrainEnd> | undefined;
  /** The partitions whose ends were not known when they were last asked for. */
  #missing: ReadonlyMap<number, string> = new Map();
  #pause = new Deadline(0);
  /** The sum of the store's offsets, which grows whenever a consumer of the group stores something. */
  #storedSum = 0;

  constructor({ folder, produced }: DrainConfig, sources: DrainSources) {
    if (produced === undefined) this.#isProduced = true;
    // The promise is rejected if the parent has gone, and then the consumer ends for that reason.
    else produced.then(() => (this.#isProduced = true)).catch(() => undefined);
    this.#folder = folder;
    this.#sources = sources;
  }

  /** Whether the store holds everything up to the end. Progress of any consumer of the group restarts `idle`. */
  async isDone(idle: Deadline): Promise<boolean> {
    const positions = await this.#sources.positions();
    const sum = [...positions.values()].reduce((all, { next }) => all + next, 0);
    if (sum > this.#storedSum) idle.restart();
    this.#storedSum = sum;
    if (this.#ends === undefined) {
      if (!this.#isProduced || !ledgersAreClosed(this.#folder) || !this.#pause.hasPassed) return false;
      const { ends, missing } = await this.#sources.ends();
      this.#missing = missing;
      this.#pause = new Deadline(endsPauseMs);
      if (missing.size > 0) return false;
      this.#ends = ends;
    }
    return [...this.#ends].every(([partition, { end }]) => (positions.get(partition)?.next ?? 0) >= end);
  }

  /** A text about the missing records, and the partitions in which an open transaction hides them. */
  async lag(): Promise<{ text: string; hidden: number[] }> {
    if (this.#missing.size > 0) {
      const texts = [...this.#missing].map(
        ([partition, problem]) => `the end of partition ${partition} is not known (${problem})`,
      );
      return { text: texts.join('; '), hidden: [] };
    }
    if (this.#ends === undefined) return { text: 'the ledger of its producer is not closed', hidden: [] };
    const positions = await this.#sources.positions();
    // Transactions may have ended since.
    const { ends: now } = await this.#sources.ends();
    const problems = this.#sources.problems();
    const behind = [...this.#ends].filter(
      ([partition, { end }]) => (positions.get(partition)?.next ?? 0) < end,
    );
    const hiddenIn = (partition: number): number => now.get(partition)?.behind ?? 0;
    const texts = behind.map(([partition, { end }]) => {
      const count = hiddenIn(partition);
      const records = count === 0 ? '' : `, with ${counted(count, 'record')} behind an open transaction`;
      const problem = problems.has(partition) ? ` (${problems.get(partition)})` : '';
      return `partition ${partition} is at ${positions.get(partition)?.next ?? 0} of ${end}${records}${problem}`;
    });
    const partitions = behind.map(([partition]) => partition);
    return { text: texts.join('; '), hidden: partitions.filter((partition) => hiddenIn(partition) > 0) };
  }
}

export const hasLedger = (folder: RunFolder): boolean => ledgersOf(folder).length > 0;

/** A ledger is closed once it is sealed or its writer is dead. Each planned producer must have one. */
function ledgersAreClosed(folder: RunFolder): boolean {
  const ledgers = ledgersOf(folder);
  if (!ledgers.every(({ path }) => hasSeal(path) || !isAlive(readLedgerOpening(path)?.pid ?? 0)))
    return false;
  const planned = Object.keys(folder.soundManifest()?.producers ?? {});
  return planned.every((name) => ledgers.some(({ producer }) => producerName(producer) === name));
}
