/** Counts whether ids identify: how many repeat on either side, and how many are on both. */
import type { BucketFacts } from '../facts/fact-reader.ts';

const examplesMax = 5;
/** Fewer repeated ids may be an accident, and are findings. */
const repeatedMin = 10;
const repeatedShareMax = 0.01;

export class IdentityTally {
  /** Distinct ids among the committed records. */
  ids = 0;
  /** Records whose id an earlier one has. */
  recordsAgain = 0;
  /** Rows with an id, and those among them whose id an earlier one has. */
  rows = 0;
  rowsAgain = 0;
  /** Ids that are on both sides. */
  matched = 0;
  /** Messages whose row was there in the look before the last, and is not any more. */
  vanished = 0;
  /** Records without an id that no declared drop explains. */
  nameless = 0;
  /** Records without an id that have a dead letter. */
  namelessLetters = 0;
  /** Records that name no sink, though a place says in which they belong. */
  unrouted = 0;
  /** Messages whose category is not told. */
  uncategorised = 0;
  /** Messages with an unknown outcome that were sent, since the hop before or the sink has them. */
  doubtfulSent = 0;
  /** Ids with records that differ, of which not each has a row, under a rule that allows ids to repeat. */
  differing = 0;
  /** Rows that are expected beside the first of their message, which was acknowledged. */
  dueAgain = 0;
  /** Ids that repeat. */
  readonly examples = { records: [] as string[], rows: [] as string[] };
  /** The first ids of either side. */
  readonly seen = { records: [] as string[], rows: [] as string[] };

  noteSeen(side: 'records' | 'rows', facts: BucketFacts, fact: number): void {
    const seen = this.seen[side];
    if (seen.length < examplesMax) seen.push(facts.text(fact));
  }

  noteRecordAgain(facts: BucketFacts, fact: number): void {
    this.recordsAgain += 1;
    if (this.examples.records.length < examplesMax) this.examples.records.push(facts.text(fact));
  }

  noteRowAgain(facts: BucketFacts, fact: number): void {
    this.rowsAgain += 1;
    if (this.examples.rows.length < examplesMax) this.examples.rows.push(facts.text(fact));
  }

  get doRecordsRepeat(): boolean {
    return isMuch(this.recordsAgain, this.ids);
  }

  get doRowsRepeat(): boolean {
    return isMuch(this.rowsAgain, this.rows - this.rowsAgain);
  }

  /** Both sides have ids, and none is on both. */
  get isDisjoint(): boolean {
    return this.ids > 0 && this.rows > 0 && this.matched === 0;
  }
}

const isMuch = (again: number, ids: number): boolean =>
  again >= repeatedMin && again > ids * repeatedShareMax;
