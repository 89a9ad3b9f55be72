/** Which places are proposed for samples of records and rows. */
import { describe, expect, test } from 'vitest';
import { agreementsOf, type Agreements, type Match } from '../../../src/check/propose/agreements.ts';
import { rankedCandidates, type Candidate } from '../../../src/check/propose/candidate.ts';
import { IdentityCandidates } from '../../../src/check/propose/identity-candidates.ts';
import {
  commandLines,
  commandText,
  holdsPassword,
  proposedOptions,
  type GivenOptions,
} from '../../../src/check/propose/proposed-command.ts';
import { Sample } from '../../../src/check/propose/sample.ts';
import { ValueBatchBuilder, type ValueKind } from '../../../src/values/value-batch.ts';
import { parseValuePlace } from '../../../src/values/value-place.ts';

type Values = (string | null)[];

/** Columns by place; a kind may follow the place after a blank. */
function sampleOf(columns: Record<string, Values>): Sample {
  const named = Object.keys(columns).map((text) => text.split(' ') as [string, ValueKind?]);
  const sample = new Sample(
    named.map(([place]) => parseValuePlace(place, '--id')),
    named.map(([, kind]) => kind ?? 'text'),
  );
  const lists = Object.values(columns);
  const builder = new ValueBatchBuilder(lists.length);
  for (let row = 0; row < lists[0]!.length; row++) {
    for (const list of lists) {
      const value = list[row]!;
      if (value === null) builder.addNull();
      else builder.addText(value);
    }
    sample.add(builder.take(), 0);
  }
  return sample;
}

const numbered = (count: number, of: (index: number) => string | null): Values =>
  Array.from({ length: count }, (_, index) => of(index));
const cycle =
  (...values: string[]): ((index: number) => string) =>
  (index) =>
    values[index % values.length]!;

describe('identity', () => {
  const positions = numbered(40, String).map((offset) => ({ partition: 0, offset: Number(offset) }));

  function candidatesOf(
    records: Record<string, Values>,
    rows: Record<string, Values>,
  ): ReturnType<IdentityCandidates['joined']> {
    const [values, sampled] = [sampleOf(records), sampleOf(rows)];
    const identity = new IdentityCandidates('orders', { values, positions }, sampled);
    return identity.joined(new Map(identity.wanted().map(({ at }) => [at, sampled])));
  }

  test('places whose values are the same in their form, once on both sides, are candidates', () => {
    const { candidates } = candidatesOf(
      { 'json:n number': numbered(40, (i) => `${i}.0`), 'json:status': numbered(40, cycle('a', 'b')) },
      { 'column:n number': numbered(40, String), 'column:status': numbered(40, cycle('a', 'b')) },
    );
    expect(candidates).toMatchObject([
      { id: 'json:n', sinkId: 'column:n', unique: { records: 40, rows: 40 }, matched: 40, sampled: 40 },
    ]);
  });

  test.each([
    ['repeat among the records', numbered(40, (i) => `${i % 20}`), numbered(40, String)],
    ['repeat among the rows', numbered(40, String), numbered(40, (i) => `${i % 20}`)],
    ['are missing in many records', numbered(40, (i) => (i % 3 === 0 ? null : `${i}`)), numbered(40, String)],
    ['are on one side only', numbered(40, String), numbered(40, (i) => `x${i}`)],
  ])('ids that %s are no candidates', (_, records, rows) => {
    expect(candidatesOf({ 'json:id': records }, { 'column:id': rows }).candidates).toEqual([]);
  });

  test('too few ids that are on both sides are an accident, which is told if the names are alike', () => {
    const { candidates, nearly } = candidatesOf(
      { 'json:id': numbered(40, String) },
      { 'column:order_id': numbered(40, (i) => (i < 4 ? `${i}` : `x${i}`)) },
    );
    expect(candidates).toEqual([]);
    expect(nearly).toEqual(['4 of 40 ids at json:id are at column:order_id: too few.']);
  });

  test.each([
    ['__connect_partition', '__connect_offset'],
    ['kafka_partition', 'kafka_offset'],
    ['_partition', '_offset'],
    ['Partition', 'OFFSET'],
  ])('the columns %s and %s hold positions', (partition, offset) => {
    const { candidates } = candidatesOf(
      { 'json:a': numbered(40, () => 'x') },
      {
        [`column:${partition} number`]: numbered(40, () => '0'),
        [`column:${offset} number`]: numbered(40, String),
      },
    );
    expect(candidates).toMatchObject([
      { id: 'position', sinkId: `columns:${partition},${offset}`, matched: 40, sampled: 40 },
    ]);
  });

  test('positions count only for rows of the topic, if the rows name theirs', () => {
    const rows = (topic: string): Record<string, Values> => ({
      'column:topic': numbered(40, () => topic),
      'column:partition number': numbered(40, () => '0'),
      'column:offset number': numbered(40, String),
    });
    const records = { 'json:a': numbered(40, () => 'x') };
    expect(candidatesOf(records, rows('payments')).candidates).toEqual([]);
    expect(candidatesOf(records, rows('orders')).candidates).toMatchObject([
      { sinkId: 'columns:topic,partition,offset', matched: 40 },
    ]);
  });

  function ranked(records: Record<string, Values>, rows: Record<string, Values>): Candidate[] {
    const [values, sampled] = [sampleOf(records), sampleOf(rows)];
    const sample = { values, positions };
    const identity = new IdentityCandidates('orders', sample, sampled);
    const found = new Map(identity.wanted().map(({ at }) => [at, sampled]));
    return rankedCandidates(identity.joined(found).candidates, sample, found);
  }

  const ids = numbered(40, (i) => `id-${i}`);
  const small = numbered(40, String);

  test('ids by which other values agree stand before numbers that are the same by accident', () => {
    const [amounts, shuffled] = [numbered(40, (i) => `${i * 10}`), numbered(40, (i) => `${39 - i}`)];
    const candidates = ranked(
      { 'json:id': ids, 'json:n number': small, 'json:amount number': amounts },
      { 'column:event': ids, 'column:row number': shuffled, 'column:amount number': amounts },
    );
    expect(candidates.map(({ id, sinkId, warning }) => [id, sinkId, warning === undefined])).toEqual([
      ['json:id', 'column:event', true],
      ['json:amount', 'column:amount', true],
      ['json:n', 'column:row', false],
    ]);
    expect(candidates[2]!.warning).toContain('may be the same by accident');
  });

  test('if a row has another amount, ids are proposed all the same, and not the amounts that are left', () => {
    const amounts = numbered(40, (i) => `${i * 10}`);
    const [first] = ranked(
      { 'json:id': ids, 'json:amount number': amounts },
      { 'column:id': ids, 'column:amount number': amounts.with(7, '71') },
    );
    expect(first).toMatchObject({ id: 'json:id', sinkId: 'column:id', agreements: { comparisons: [] } });
    expect(first!.agreements.nearly).toHaveLength(1);
  });

  test('traceparent comes last, since it is no id, and ce_id comes with a warning', () => {
    const [traced] = ranked(
      { 'header:traceparent': ids, 'header:ce_id': ids },
      { 'column:traceparent': ids },
    );
    expect(traced).toMatchObject({ id: 'header:ce_id', isDoubtful: false });
    expect(traced!.warning).toContain('within one ce_source');
    const [alone] = ranked({ 'header:traceparent': ids }, { 'column:traceparent': ids });
    expect(alone).toMatchObject({ id: 'header:traceparent', isDoubtful: true });
    expect(alone!.warning).toContain('is no id');
  });

  test('if nothing but positions agrees, the rows may be of another topic', () => {
    const rows = { 'column:partition number': numbered(40, () => '0'), 'column:offset number': small };
    const [candidate] = ranked({ 'json:a': numbered(40, () => 'x') }, rows);
    expect(candidate!.warning).toContain('make sure that the rows come from this topic');
  });
});

describe('what else agrees', () => {
  const matches = numbered(30, String).map((index): Match => [Number(index), Number(index)]);
  const agreements = (records: Record<string, Values>, rows: Record<string, Values>): Agreements =>
    agreementsOf(sampleOf(records), sampleOf(rows), matches, { record: [], row: [] });

  test('the same few values on both sides are the category', () => {
    const status = numbered(30, cycle('open', 'paid'));
    const { category, comparisons } = agreements({ 'json:status': status }, { 'column:state': status });
    expect(category).toEqual({ category: 'json:status', sinkCategory: 'column:state', map: new Map() });
    expect(comparisons).toEqual([]);
  });

  test('categories with other names on the other side are mapped, if two names never become one', () => {
    const records = { 'json:status': numbered(30, cycle('open', 'paid', 'failed')) };
    const other = numbered(30, cycle('O', 'P', 'F'));
    const map = new Map([
      ['open', 'O'],
      ['paid', 'P'],
      ['failed', 'F'],
    ]);
    expect(agreements(records, { 'column:status': other }).category?.map).toEqual(map);
    const joined = numbered(30, cycle('O', 'P', 'P'));
    expect(agreements(records, { 'column:status': joined }).category).toBeUndefined();
  });

  test('a category that is wrong in one row is not proposed, but named', () => {
    const status = numbered(30, cycle('open', 'paid'));
    const { category, nearly } = agreements(
      { 'json:status': status },
      { 'column:status': status.with(4, 'paid') },
    );
    expect(category).toBeUndefined();
    expect(nearly).toEqual(['json:status and column:status agree for 29 of 30 matched ids: not proposed.']);
  });

  test('values that agree in their normal form are compared, each place once, by the names', () => {
    const cents = numbered(30, (i) => `${i * 10}`);
    const { comparisons } = agreements(
      { 'json:total number': cents, 'json:net number': cents },
      {
        'column:net number': cents.map((value) => `${value}.00`),
        'column:total number': cents,
      },
    );
    expect(comparisons).toEqual([
      { record: 'json:total', row: 'column:total' },
      { record: 'json:net', row: 'column:net' },
    ]);
  });

  test('a value that is always the same is compared only under the same name', () => {
    const rows = { 'column:currency': numbered(30, () => 'EUR') };
    expect(agreements({ 'json:note': numbered(30, () => 'EUR') }, rows).comparisons).toEqual([]);
    expect(agreements({ 'json:currency': numbered(30, () => 'EUR') }, rows).comparisons).toHaveLength(1);
  });

  test('a value that is NULL in a row and told in its record does not agree', () => {
    const amount = numbered(30, String);
    const { comparisons, nearly } = agreements(
      { 'json:amount': amount },
      { 'column:amount': amount.with(7, null) },
    );
    expect(comparisons).toEqual([]);
    expect(nearly).toHaveLength(1);
  });
});

describe('the proposed command', () => {
  const given: GivenOptions = {
    bootstrapServers: 'localhost:9092',
    commandConfig: undefined,
    settings: [],
    topic: 'orders',
    sink: 'env:DATABASE_URL',
    query: "select * from orders where kind = 'a'",
    table: undefined,
  };
  const candidate = {
    id: 'json:order.id',
    sinkId: 'column:id',
    agreements: {
      category: { category: 'json:s', sinkCategory: 'column:s', map: new Map([['a b', 'A']]) },
      comparisons: [{ record: 'json:a=b', row: 'column:c' }],
      nearly: [],
    },
  } as unknown as Candidate;

  test('it is one for a shell, with names as the options take them', () => {
    expect(commandText(proposedOptions(candidate, given))).toBe(
      `nodrop check --bootstrap-server localhost:9092 --topic orders --id json:order.id --sink env:DATABASE_URL ` +
        `--query 'select * from orders where kind = '\\''a'\\''' --sink-id column:id ` +
        `--category json:s --sink-category column:s --category-map 'a b=A' --compare 'json:a\\=b=column:c'`,
    );
  });

  test('in lines it is the same command', () => {
    const pairs = proposedOptions(candidate, given);
    const lines = commandLines(pairs, 78);
    expect(lines.length).toBeGreaterThan(2);
    expect(lines.join('\n').replaceAll(/ \\\n +/g, ' ')).toBe(commandText(pairs));
  });

  test('it never repeats a password', () => {
    const secret = { ...given, sink: 'postgres://me:swordfish@db/shop' };
    expect(commandText(proposedOptions(candidate, secret))).not.toContain('swordfish');
    expect(holdsPassword('postgres://me@db/shop?password=swordfish')).toBe(true);
    expect(holdsPassword('postgres://me@db:5432/shop?options=a@b')).toBe(false);
  });
});
