/** Ways to alter the content of a store. They are data, so that a seed or a fixture can repeat one. */
import fc from 'fast-check';
import {
  categoryTables,
  columnsOfTable,
  copyOf,
  tables,
  type Row,
  type StoreContent,
  type Value,
} from './store-content.ts';

type Conversion = 'text' | 'fraction' | 'blob' | 'upper' | 'cut' | 'arabic' | 'itself';

/** A change of a value. */
export type Change =
  | { to: Value }
  | { plus: bigint }
  /** The value of the same column in another row of the table. */
  | { ofRow: number }
  | { as: Conversion }
  | { behind: string }
  | { before: string }
  | { flipped: number };

/** Rows are numbers modulo the number of rows. In an empty table, a mutation does nothing. */
export type StoreMutation =
  | { do: 'set'; table: string; row: number; column: string; change: Change }
  /** Changes every row of every table that has the column. */
  | { do: 'set-all'; column: string; change: Change }
  | { do: 'delete'; table: string; row: number }
  | { do: 'move'; table: string; row: number; into: string }
  | { do: 'double'; table: string; row: number; into: string; changes: Record<string, Change> }
  | { do: 'swap'; table: string; row: number; with: number; columns: string[] };

export function tampered(content: StoreContent, mutations: readonly StoreMutation[]): StoreContent {
  const after = copyOf(content);
  for (const mutation of mutations) apply(after, mutation);
  return after;
}

function apply(content: StoreContent, mutation: StoreMutation): void {
  if (mutation.do === 'set-all') {
    for (const rows of Object.values(content)) {
      for (const row of rows) setColumn(row, mutation.column, mutation.change, rows);
    }
    return;
  }
  const rows = content[mutation.table]!;
  if (rows.length === 0) return;
  const index = mutation.row % rows.length;
  const row = rows[index]!;
  switch (mutation.do) {
    case 'set':
      return setColumn(row, mutation.column, mutation.change, rows);
    case 'delete':
      rows.splice(index, 1);
      return;
    case 'move':
      rows.splice(index, 1);
      content[mutation.into]!.push(fitted(row, mutation.into));
      return;
    case 'double': {
      const copy = fitted(row, mutation.into);
      for (const [column, change] of Object.entries(mutation.changes)) setColumn(copy, column, change, rows);
      content[mutation.into]!.push(copy);
      return;
    }
    case 'swap': {
      const other = rows[mutation.with % rows.length]!;
      for (const column of mutation.columns) {
        [row[column], other[column]] = [other[column] ?? null, row[column] ?? null];
      }
    }
  }
}

/** The row with the columns of another table, and with values where that table needs them. */
function fitted(row: Row, table: string): Row {
  const spare: Row = { reason: 'made up', next_offset: 0n, epoch: 1n, run: null };
  return Object.fromEntries(
    columnsOfTable(table).map((column) => [column, row[column] ?? spare[column] ?? null]),
  );
}

function setColumn(row: Row, column: string, change: Change, rows: readonly Row[]): void {
  if (row[column] === undefined) return;
  row[column] = changed(row[column], column, change, rows);
}

function changed(value: Value, column: string, change: Change, rows: readonly Row[]): Value {
  if ('to' in change) return change.to;
  if ('ofRow' in change) return rows[change.ofRow % rows.length]![column] ?? null;
  if (value === null) return null;
  if ('plus' in change) return typeof value === 'bigint' ? inSqlite(value + change.plus) : value;
  if ('as' in change) return converted(value, change.as);
  const text = value instanceof Uint8Array ? Buffer.from(value).toString('latin1') : String(value);
  const altered =
    'behind' in change
      ? text + change.behind
      : 'before' in change
        ? change.before + text
        : flippedAt(text, change.flipped);
  return value instanceof Uint8Array ? Buffer.from(altered, 'latin1') : altered;
}

function converted(value: Value, as: Conversion): Value {
  const isBlob = value instanceof Uint8Array;
  const text = isBlob ? Buffer.from(value).toString('utf8') : String(value);
  const alike = (altered: string): Value => (isBlob ? Buffer.from(altered) : altered);
  const conversions: Record<Conversion, () => Value> = {
    itself: () => value,
    text: () => text,
    fraction: () => (typeof value === 'bigint' ? Number(value) : value),
    blob: () => Buffer.from(text),
    upper: () => alike(text.toUpperCase()),
    cut: () => alike(text.slice(0, -1)),
    arabic: () => text.replaceAll(/\d/g, (digit) => String.fromCharCode(0x660 + Number(digit))),
  };
  return conversions[as]();
}

/** Flips the lowest bit of one character, so that ASCII stays ASCII. */
function flippedAt(text: string, at: number): string {
  if (text.length === 0) return text;
  const index = at % text.length;
  const flipped = String.fromCharCode(text.charCodeAt(index) ^ 1);
  return text.slice(0, index) + flipped + text.slice(index + 1);
}

/** Wraps to the 64 bits of an SQLite integer. */
const inSqlite = (value: bigint): bigint => BigInt.asIntN(64, value);

const row = fc.nat(99);
const categoryTable = fc.constantFrom(...categoryTables);
const one = (...changes: Change[]): fc.Arbitrary<Change> => fc.constantFrom(...changes);

const integers: fc.Arbitrary<Change> = fc.oneof(
  one({ plus: 1n }, { plus: -1n }, { plus: 2n ** 31n }, { plus: 2n ** 32n }, { plus: -(2n ** 32n) }),
  one({ plus: 2n ** 53n }, { plus: 2n ** 63n }, { plus: 100n }, { plus: 1000n }),
  fc.nat(40).map((to): Change => ({ to: BigInt(to) })),
  one({ to: -1n }, { to: 2n ** 31n - 1n }, { to: 2n ** 31n }, { to: 2n ** 32n - 1n }, { to: 2n ** 32n }),
  one({ to: 2n ** 53n - 1n }, { to: 2n ** 53n }, { to: 2n ** 63n - 1n }, { to: -(2n ** 63n) }),
  one({ to: 0.5 }, { to: -0 }, { to: 1e300 }, { to: Infinity }, { to: null }, { to: '' }, { to: 'x' }),
  one({ as: 'text' }, { as: 'fraction' }, { as: 'blob' }, { as: 'arabic' }, { behind: ' ' }, { before: '0' }),
  row.map((other): Change => ({ ofRow: other })),
);

const texts: fc.Arbitrary<Change> = fc.oneof(
  row.map((other): Change => ({ ofRow: other })),
  row.map((at): Change => ({ flipped: at })),
  one({ as: 'upper' }, { as: 'cut' }, { as: 'arabic' }, { as: 'blob' }, { to: null }, { to: '' }),
  one({ to: 5n }, { to: 0.5 }, { to: Buffer.from([0xff, 0xfe, 0]) }),
  one(
    { behind: ' ' },
    { behind: '\0' },
    { behind: '\n' },
    { before: ' ' },
    { before: '\ufeff' },
    { before: '0' },
  ),
);

const ids: fc.Arbitrary<Change> = fc.oneof(
  one({ to: 'p0-5' }, { to: 'p0-13' }, { to: 'p0-9' }, { to: 'p0-17' }, { to: 'p0-3' }, { to: 'p1-3' }),
  one({ to: 'p0-9999' }, { to: 'p9-0' }, { to: 'p0-03' }, { to: 'p0-' }, { to: 'p-0' }, { to: 'P0-3' }),
  one({ to: 'p0-4294967295' }, { to: 'p0-4294967296' }, { to: 'p65535-0' }, { to: 'p65536-0' }, { to: 'x' }),
  one({ to: 'p0-9007199254740993' }, { to: 'p0-3-3' }, { to: `p0-${'0'.repeat(5000)}3` }),
);

const times: fc.Arbitrary<Change> = one(
  { to: '2026-02-31T00:00:00.000Z' },
  { to: '2026-01-01T00:00:00.000Z' },
  { to: '2024-02-29T23:59:59.999Z' },
  { to: '2023-02-29T23:59:59.999Z' },
  { to: '2026-13-01T00:00:00.000Z' },
  { to: '2026-04-31T00:00:00.000Z' },
  { to: '2026-01-01T00:00:60.000Z' },
  { to: '0000-00-00T00:00:00.000Z' },
  { to: 'infinity' },
  { to: 0n },
);

const changesOf: Record<string, fc.Arbitrary<Change>> = {
  sequence: integers,
  partition: integers,
  offset: integers,
  next_offset: integers,
  epoch: integers,
  run: fc.oneof(texts, one({ to: 'another' }, { to: 'made' })),
  id: fc.oneof(ids, texts),
  stored_at: fc.oneof(times, texts),
};
const changeOf = (column: string): fc.Arbitrary<Change> => changesOf[column] ?? texts;

const setOne = (table: string): fc.Arbitrary<StoreMutation> =>
  fc.constantFrom(...columnsOfTable(table)).chain((column) =>
    fc.record({
      do: fc.constant('set'),
      table: fc.constant(table),
      row,
      column: fc.constant(column),
      change: changeOf(column),
    }),
  );

const made: fc.Arbitrary<Record<string, Change>> = fc
  .subarray(['run', 'id', 'partition', 'offset', 'topic_id', 'sequence', 'payload'], { maxLength: 4 })
  .chain((columns) => fc.record(Object.fromEntries(columns.map((column) => [column, changeOf(column)]))));

const anyTable = fc.constantFrom(...categoryTables, 'dead_letters' as const);

export const storeMutation: fc.Arbitrary<StoreMutation> = fc.oneof(
  { weight: 8, arbitrary: categoryTable.chain(setOne) },
  { weight: 2, arbitrary: fc.constantFrom('dead_letters', 'offsets').chain(setOne) },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom('partition', 'offset', 'topic_id', 'run', 'stored_at', 'sequence', 'id')
      .chain((column) =>
        fc.record({
          do: fc.constant('set-all' as const),
          column: fc.constant(column),
          change: changeOf(column),
        }),
      ),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('delete'), table: fc.constantFrom(...tables), row }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('move'), table: anyTable, row, into: anyTable }) },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant('double'), table: anyTable, row, into: anyTable, changes: made }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('double' as const),
      table: fc.constant('offsets'),
      row,
      into: fc.constant('offsets'),
      changes: fc.record({ partition: integers, next_offset: integers }),
    }),
  },
  {
    weight: 2,
    arbitrary: categoryTable.chain((table) =>
      fc.record({
        do: fc.constant('swap' as const),
        table: fc.constant(table),
        row,
        with: row,
        columns: fc.subarray([...columnsOfTable(table)], { minLength: 1 }),
      }),
    ),
  },
);
