/** Which values of records and rows agree, once it is known which row belongs to which record. */
import { formOf } from '../../values/normal-form.ts';
import type { ValuePlace } from '../../values/value-place.ts';
import { isNamedLikeCategory, likenessOf } from './place-names.ts';
import { textOf, type Sample, type SampledValue } from './sample.ts';

/** Indexes of a record and of a row that belongs to it. */
export type Match = readonly [record: number, row: number];

export interface ProposedCategory {
  category: string;
  sinkCategory: string;
  /** By the record's name; empty if both sides have the same names. */
  map: ReadonlyMap<string, string>;
}

export interface Agreements {
  category: ProposedCategory | undefined;
  comparisons: readonly { record: string; row: string }[];
  /** Pairs that agree for most of the matches, but not for all, in sentences. */
  nearly: readonly string[];
}

/** Fewer matches agree by accident. */
const matchesMin = 3;
const nearlyShareMin = 0.9;
const categoriesMax = 20;

interface Pair {
  record: number;
  row: number;
  likeness: number;
}

/** `taken`: the places of the id, which are not compared again. */
export function agreementsOf(
  records: Sample,
  rows: Sample,
  matches: readonly Match[],
  taken: { record: readonly number[]; row: readonly number[] },
): Agreements {
  const pairs: Pair[] = records.places.flatMap((place, record) =>
    taken.record.includes(record)
      ? []
      : rows.places.flatMap((other, row) =>
          taken.row.includes(row) ? [] : [{ record, row, likeness: likenessOf(place, other) }],
        ),
  );
  const sides = { records, rows, matches };
  const { category, nearly } = categoryOf(sides, pairs);
  const free = pairs.filter(
    (pair) =>
      category === undefined || (pair.record !== category.pair.record && pair.row !== category.pair.row),
  );
  const compared = comparisonsOf(sides, free);
  const told = new Set(nearly.map(({ pair }) => pair));
  return {
    category: category?.proposed,
    comparisons: compared.comparisons,
    nearly: [
      ...nearly.map(({ text }) => text),
      ...compared.nearly.flatMap(({ pair, text }) => (told.has(pair) ? [] : [text])),
    ],
  };
}

interface Sides {
  records: Sample;
  rows: Sample;
  matches: readonly Match[];
}

const placeOf = (sample: Sample, index: number): ValuePlace => sample.places[index]!;

const nearlyText = ({ records, rows, matches }: Sides, { record, row }: Pair, agreeing: number): string =>
  `${placeOf(records, record).text} and ${placeOf(rows, row).text} agree for ${agreeing} of ${matches.length} matched ids: not proposed.`;

/** The best pair of places that hold a category. */
function categoryOf(
  sides: Sides,
  pairs: readonly Pair[],
): {
  category: { pair: Pair; proposed: ProposedCategory } | undefined;
  nearly: { pair: Pair; text: string }[];
} {
  const { records, rows, matches } = sides;
  const likely = (pair: Pair): number =>
    (isNamedLikeCategory(placeOf(rows, pair.row)) ? 4 : 0) +
    (isNamedLikeCategory(placeOf(records, pair.record)) ? 4 : 0) +
    pair.likeness;
  const nearly: { pair: Pair; text: string }[] = [];
  const ranked = pairs.filter((pair) => likely(pair) >= 2).sort((a, b) => likely(b) - likely(a));
  let best: { pair: Pair; proposed: ProposedCategory } | undefined;
  for (const pair of ranked) {
    const [from, to] = [records.columns[pair.record]!, rows.columns[pair.row]!];
    const isText = records.kinds[pair.record] === 'text';
    if (!isText && likely(pair) < 4) continue;
    const mapped = mappingOf(from, to, matches);
    if (mapped === undefined) continue;
    if (mapped.agreeing < matches.length) {
      if (mapped.agreeing >= matches.length * nearlyShareMin)
        nearly.push({ pair, text: nearlyText(sides, pair, mapped.agreeing) });
      continue;
    }
    // The names must be the same if nothing in the places' names says that they belong together.
    if (mapped.map.size > 0 && pair.likeness === 0 && likely(pair) < 8) continue;
    if (best !== undefined && (best.proposed.map.size === 0 || mapped.map.size > 0)) continue;
    const [category, sinkCategory] = [placeOf(records, pair.record).text, placeOf(rows, pair.row).text];
    best = { pair, proposed: { category, sinkCategory, map: mapped.map } };
  }
  return { category: best, nearly: best === undefined ? nearly : [] };
}

/**
 * How the names of categories on one side become those of the other: undefined if there are too many, or if two names
 * become one. `agreeing` counts the matches that go with it.
 */
function mappingOf(
  from: readonly SampledValue[],
  to: readonly SampledValue[],
  matches: readonly Match[],
): { map: ReadonlyMap<string, string>; agreeing: number } | undefined {
  const counts = new Map<string, Map<string, number>>();
  for (const [record, row] of matches) {
    const [name, other] = [from[record] ?? null, to[row] ?? null];
    if (name === null || other === null || name === '' || other === '') continue;
    const others = counts.get(name) ?? new Map<string, number>();
    counts.set(name, others.set(other, (others.get(other) ?? 0) + 1));
    if (counts.size > categoriesMax) return undefined;
  }
  if (counts.size < 2 || counts.size * matchesMin > matches.length) return undefined;
  const pairs = [...counts].map(([name, others]) => {
    const [most] = [...others].sort((a, b) => b[1] - a[1]);
    return { name, other: most![0], count: most![1] };
  });
  if (new Set(pairs.map(({ other }) => other)).size < pairs.length) return undefined;
  const agreeing = pairs.reduce((sum, { count }) => sum + count, 0);
  if (pairs.every(({ name, other }) => name === other)) return { map: new Map(), agreeing };
  // The option divides at these.
  if (pairs.some(({ name, other }) => /[,=]/.test(name + other))) return undefined;
  return { map: new Map(pairs.map(({ name, other }) => [textOf(name), textOf(other)])), agreeing };
}

/** The pairs whose values agree for all matches: each place once, the most alike names first. */
function comparisonsOf(
  sides: Sides,
  pairs: readonly Pair[],
): { comparisons: { record: string; row: string }[]; nearly: { pair: Pair; text: string }[] } {
  const { records, rows, matches } = sides;
  const agreed: (Pair & { distinct: number })[] = [];
  const nearly: { pair: Pair; text: string }[] = [];
  for (const pair of pairs) {
    const { agreeing, filled, distinct } = agreementOf(sides, pair);
    if (2 * filled < matches.length) continue;
    const isTelling = matches.length >= matchesMin && distinct > 1;
    if (agreeing === matches.length && (isTelling || pair.likeness === 2)) agreed.push({ ...pair, distinct });
    else if (isTelling && pair.likeness > 0 && agreeing >= matches.length * nearlyShareMin)
      nearly.push({ pair, text: nearlyText(sides, pair, agreeing) });
  }
  agreed.sort((a, b) => b.likeness - a.likeness || b.distinct - a.distinct);
  const [usedRecords, usedRows] = [new Set<number>(), new Set<number>()];
  const comparisons = agreed.flatMap(({ record, row }) => {
    if (usedRecords.has(record) || usedRows.has(row)) return [];
    usedRecords.add(record);
    usedRows.add(row);
    return [{ record: placeOf(records, record).text, row: placeOf(rows, row).text }];
  });
  return { comparisons, nearly: nearly.filter(({ pair }) => !usedRows.has(pair.row)) };
}

function agreementOf(
  { records, rows, matches }: Sides,
  { record, row }: Pair,
): { agreeing: number; filled: number; distinct: number } {
  const form = formOf(records.kinds[record]!, rows.kinds[row]!);
  const [from, to] = [records.normal(record, form), rows.normal(row, form)];
  const values = new Set<SampledValue>();
  let [agreeing, filled] = [0, 0];
  for (const [left, right] of matches) {
    if (from[left] === to[right]) agreeing += 1;
    if (from[left] === null || to[right] === null) continue;
    filled += 1;
    values.add(from[left]!);
  }
  return { agreeing, filled, distinct: values.size };
}
