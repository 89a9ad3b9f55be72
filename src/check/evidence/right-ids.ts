/**
 * The ids of a bucket that are right: one record in the range and none beyond it, one row in the last look, in the
 * record's category and with its values, and nothing unusual about either. Nearly all ids are, and need only be counted.
 */
import { none } from '../../workload/place.ts';
import { BucketIndex } from '../facts/bucket-index.ts';
import { factFlags, routeShift } from '../facts/fact-format.ts';
import type { BucketSources } from './bucket-sources.ts';

const standings = { unusual: 0, awaitsRow: 1, right: 2 } as const;
const unusualFlags = ((1 << routeShift) - 1) & ~factFlags.unversioned;

export class RightIds {
  /** How many ids are right. */
  readonly byCategory: number[];
  /** By record, and by row of the last look: whether it is of an id that is right. */
  readonly records: Uint8Array;
  readonly rows: Uint8Array;

  constructor(sources: BucketSources) {
    const { records, later, looks, rule, recordCategories, tally } = sources;
    const rows = looks[0]!;
    this.byCategory = sources.categories.map(() => 0);
    this.records = new Uint8Array(records.count);
    this.rows = new Uint8Array(rows.count);
    // Under the rule `latest`, an id is right only among all of its key.
    if (rule === 'latest') return;
    const index = new BucketIndex(records);
    /** By the first record of an id. */
    const standing = new Uint8Array(records.count);
    for (let fact = 0; fact < records.count; fact++) {
      const first = index.add(fact);
      const isPlain = first === fact && isUsual(records.flags(fact), sources.route);
      standing[first] = isPlain ? standings.awaitsRow : standings.unusual;
    }
    // A record beyond the range may explain a row, too.
    for (let fact = 0; fact < later.count; fact++) {
      const first = index.find(later, fact);
      if (first !== none) standing[first] = standings.unusual;
    }
    const recordOf = new Int32Array(rows.count);
    for (let row = 0; row < rows.count; row++) {
      const record = index.find(rows, row);
      recordOf[row] = record;
      if (record === none) continue;
      const isRight = standing[record] === standings.awaitsRow && isRowOf(sources, record, row);
      standing[record] = isRight ? standings.right : standings.unusual;
    }
    // A second row may have come after the one that is right.
    for (let row = 0; row < rows.count; row++) {
      const record = recordOf[row]!;
      if (record === none || standing[record] !== standings.right) continue;
      this.rows[row] = this.records[record] = 1;
      this.byCategory[recordCategories[records.category(record)]!]! += 1;
      tally.ids += 1;
      tally.rows += 1;
      tally.matched += 1;
    }
  }
}

const isUsual = (flags: number, route: number | undefined): boolean =>
  (flags & unusualFlags) === 0 && (route === undefined || flags >>> routeShift === route);

function isRowOf(
  { records, looks, recordCategories, lookCategories }: BucketSources,
  record: number,
  row: number,
): boolean {
  const rows = looks[0]!;
  return (
    (rows.flags(row) & unusualFlags) === 0 &&
    recordCategories[records.category(record)] === lookCategories[0]![rows.category(row)] &&
    records.differences(record, rows, row) === 0
  );
}
