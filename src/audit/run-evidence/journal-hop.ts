/**
 * The journals of a run's consumers as two hops: deliveries and writes. No verdict needs
 * them, but they make the blame exact. They are whole only if they account for every offset up to the store's
 * position: a consumer without a journal, or a deleted journal, leaves a gap. Moreover, writes are whole
 * only if no delivery is in doubt. Journals for another store or another topic do not count.
 */
import {
  categoryUntold,
  deadLetterCategory,
  type DeliveryBatch,
  type Evidence,
  type Hop,
  type WrittenBatch,
} from '../evidence.ts';
import { rowCodes, type OffsetRange } from '../../run-folder/journal/journal-format.ts';
import {
  entriesOf,
  journalsOf,
  type JournaledStore,
  type JournalFile,
} from '../../run-folder/journal/journals.ts';
import { none } from '../../workload/place.ts';
import { CoveredOffsets } from './covered-offsets.ts';

const batchRows = 4096;

/** The run and store with which the journals are compared. */
export interface JournalSubject extends JournaledStore {
  /** `Evidence.categories`. */
  categories: readonly string[];
  /** The store's next offset by partition. */
  positions: ReadonlyMap<number, number>;
  /** The scanned end of the log by partition: no row can come from beyond it. */
  ends: ReadonlyMap<number, number>;
}

/** The offsets for which the journals account, once they were read. */
class Account {
  readonly written = new CoveredOffsets();
  readonly refused = new CoveredOffsets();
  /** By journal. */
  readonly delivered = new Map<JournalFile, CoveredOffsets>();
  readonly #areAllThere: boolean;

  constructor(areAllThere: boolean) {
    this.#areAllThere = areAllThere;
  }

  /**
   * Whether the journals account for this offset. If a delivery has no write, its consumer died before the commit
   * returned; but a missing journal could have a write of the offset.
   */
  has(partition: number, offset: number): boolean {
    if (this.written.has(partition, offset)) return true;
    if (!this.#areAllThere || this.refused.has(partition, offset)) return false;
    return [...this.delivered].some(([{ isIntact }, offsets]) => isIntact && offsets.has(partition, offset));
  }
}

/** Both hops. The properties are complete once the hops were read to their ends. */
export interface JournalHops {
  deliveries: NonNullable<Evidence['deliveries']>;
  written: NonNullable<Evidence['written']>;
  readonly refusedWrites: number;
}

/** Undefined if no consumer kept a journal for this store. */
export async function journalHops(subject: JournalSubject): Promise<JournalHops | undefined> {
  const { journals, problems } = await journalsOf(subject);
  if (journals.length === 0 && problems.length === 0) return undefined;
  const refused = { writes: 0 };
  let account = new Account(false);
  const written = hopOf(problems, (report) => {
    account = new Account(problems.length === 0);
    return writtenBatches(journals, subject, account, report);
  });
  return {
    deliveries: Object.assign(
      hopOf(problems, (report) => deliveryBatches(journals, subject, refused, report)),
      { spansHoles: true },
    ),
    written: Object.assign(written, {
      accountsFor: (partition: number, offset: number) => account.has(partition, offset),
    }),
    get refusedWrites() {
      return refused.writes;
    },
  };
}

type Report = (problem: string) => void;

function hopOf<Batch>(
  problems: readonly string[],
  read: (report: Report) => Iterable<Batch>,
): Hop<Batch> & { required: boolean } {
  const hop: Hop<Batch> & { required: boolean } = {
    whole: problems.length === 0,
    problem: problems.join('; '),
    required: false,
    batches: () =>
      read((problem) => {
        // The first problem counts: the later ones follow from it.
        if (hop.whole) hop.problem = problem;
        hop.whole = false;
      }),
  };
  return hop;
}

function* deliveryBatches(
  journals: readonly JournalFile[],
  subject: JournalSubject,
  refused: { writes: number },
  report: Report,
): Generator<DeliveryBatch> {
  const delivered = new CoveredOffsets();
  refused.writes = 0;
  for (const { journal, entry } of entriesOf(journals, report)) {
    if (entry.type === 'refused') refused.writes += 1;
    // The journal accounts for what retention took: it says that nothing was delivered.
    if (entry.type === 'skipped') for (const range of entry.ranges) delivered.add(range);
    if (entry.type !== 'delivered') continue;
    const { ranges, epoch } = entry;
    for (const range of ranges) delivered.add(range);
    yield {
      count: ranges.length,
      partition: Int32Array.from(ranges, ({ partition }) => partition),
      first: Float64Array.from(ranges, ({ first }) => first),
      end: Float64Array.from(ranges, ({ end }) => end),
      consumer: new Int32Array(ranges.length).fill(journal.number),
      epoch: new Int32Array(ranges.length).fill(epoch),
    };
  }
  reportGap(storedRanges(subject), delivered, 'delivered', report);
}

function* writtenBatches(
  journals: readonly JournalFile[],
  subject: JournalSubject,
  { written, refused, delivered: deliveredBy }: Account,
  report: Report,
): Generator<WrittenBatch> {
  const delivered = new CoveredOffsets();
  const batch = emptyBatch();
  for (const { journal, entry, categories } of entriesOf(journals, report)) {
    if (entry.type !== 'delivered') {
      for (const range of entry.ranges) (entry.type === 'refused' ? refused : written).add(range);
    } else {
      const own = deliveredBy.get(journal) ?? new CoveredOffsets();
      deliveredBy.set(journal, own);
      for (const range of entry.ranges) for (const covered of [delivered, own]) covered.add(range);
    }
    if (entry.type !== 'written') continue;
    const codes = categoryCodes(categories, subject.categories);
    for (const { partition, first, codes: rows } of entry.spans) {
      for (let index = 0; index < rows.length; index++) {
        if (rows[index] === rowCodes.noRow) continue;
        batch.partition[batch.count] = partition;
        batch.offset[batch.count] = first + index;
        batch.category[batch.count++] = codes[rows[index]!]!;
        if (batch.count < batchRows) continue;
        yield batch;
        batch.count = 0;
      }
    }
  }
  if (batch.count > 0) yield batch;
  reportGap(delivered.ranges(), written, 'written, or not', report);
  reportGap(storedRanges(subject), written, 'written', report);
}

/** The offsets that the store has passed, by its positions. */
function* storedRanges({ manifest, positions, ends }: JournalSubject): Generator<OffsetRange> {
  for (const [partition, next] of positions) {
    const end = Math.min(next, ends.get(partition) ?? Infinity);
    yield { partition, first: manifest.base[partition] ?? 0, end };
  }
}

function reportGap(
  wanted: Iterable<OffsetRange>,
  covered: CoveredOffsets,
  what: string,
  report: Report,
): void {
  for (const range of wanted) {
    const gap = covered.firstGap(range);
    if (gap !== undefined) report(`no journal says that ${range.partition}:${gap} was ${what}`);
  }
}

/** Maps a journal's codes to the evidence's. */
function categoryCodes(names: readonly string[], categories: readonly string[]): Uint16Array {
  const codes = new Uint16Array(256).fill(categoryUntold);
  for (const [code, name] of names.entries()) {
    const category = categories.indexOf(name);
    if (category !== -1) codes[code] = category;
  }
  codes[rowCodes.deadLetter] = deadLetterCategory;
  return codes;
}

const emptyBatch = (): WrittenBatch => ({
  count: 0,
  partition: new Int32Array(batchRows),
  offset: new Float64Array(batchRows),
  // The journal has no ids: a write is known by its position.
  message: new Int32Array(batchRows).fill(none),
  category: new Uint16Array(batchRows),
  content: new Int32Array(batchRows),
});
