/**
 * When a consumer that was told `--until-drained` may end: the run's ledgers are closed, and the store
 * holds all up to the topic's end as it stood then. Without a ledger, as it stood at the start.
 */
import { isAlive } from '../is-alive.ts';
import type { Deadline } from '../kafka/deadline.ts';
import { ledgerFilePattern } from '../ledger/ledger-format.ts';
import { readLedgerOpening } from '../ledger/ledger-reader.ts';
import type { Manifest, RunFolder } from '../run-folder.ts';
import { hasSeal } from '../seal.ts';

export interface DrainConfig {
  folder: RunFolder;
  /** Settles when no producer comes any more, where that is told; else the ledgers alone say so. */
  produced?: Promise<void> | undefined;
}

export interface DrainSources {
  /** The topic's ends. */
  ends: () => Promise<Map<number, number>>;
  /** The store's next offsets. */
  positions: () => Promise<Map<number, { next: number }>>;
}

export class Drain {
  readonly #folder: RunFolder;
  readonly #listEnds: () => Promise<Map<number, number>>;
  /** The store's next offsets. */
  readonly #positions: () => Promise<Map<number, { next: number }>>;
  #isProduced = false;
  #ends: Map<number, number> | undefined;
  /** The sum of the store's offsets: it grows with whatever any consumer of the group stores. */
  #storedSum = 0;

  constructor({ folder, produced }: DrainConfig, { ends, positions }: DrainSources) {
    if (produced === undefined) this.#isProduced = true;
    // Whoever told it to wait has gone: then it ends for that.
    else produced.then(() => (this.#isProduced = true)).catch(() => undefined);
    this.#folder = folder;
    this.#listEnds = ends;
    this.#positions = positions;
  }

  /** Whether the store holds all that was waited for. Progress of any consumer of the group restarts `idle`. */
  async isDone(idle: Deadline): Promise<boolean> {
    const positions = await this.#positions();
    const sum = [...positions.values()].reduce((all, { next }) => all + next, 0);
    if (sum > this.#storedSum) idle.restart();
    this.#storedSum = sum;
    if (this.#ends === undefined) {
      if (!this.#isProduced || !ledgersAreClosed(this.#folder)) return false;
      this.#ends = await this.#listEnds();
    }
    return [...this.#ends].every(([partition, end]) => (positions.get(partition)?.next ?? 0) >= end);
  }

  /** What is missing, for a person. */
  async lag(): Promise<string> {
    if (this.#ends === undefined) return 'the ledger of its producer is not closed';
    const positions = await this.#positions();
    return [...this.#ends]
      .filter(([partition, end]) => (positions.get(partition)?.next ?? 0) < end)
      .map(
        ([partition, end]) => `partition ${partition} is at ${positions.get(partition)?.next ?? 0} of ${end}`,
      )
      .join(', ');
  }
}

export const hasLedger = (folder: RunFolder): boolean => folder.list(ledgerFilePattern).length > 0;

/** A ledger is closed once it is sealed, or whoever wrote it is gone. Each planned producer has one. */
function ledgersAreClosed(folder: RunFolder): boolean {
  const names = folder.list(ledgerFilePattern);
  const areClosed = names
    .map((name) => folder.file(name))
    .every((path) => hasSeal(path) || !isAlive(readLedgerOpening(path)?.pid ?? 0));
  if (!areClosed) return false;
  const planned = Object.keys(manifestOf(folder)?.producers ?? {});
  return planned.every((producer) => names.some((name) => name.startsWith(`ledger-${producer}-`)));
}

function manifestOf(folder: RunFolder): Manifest | undefined {
  try {
    return folder.readManifest();
  } catch {
    // It was read before, or the consumer would not have begun: the audit says what befell it.
    return undefined;
  }
}
