/** Compared values for people, from the digests that facts have of them: short values whole, others by their digest. */
import { formWords } from '../../values/normal-form.ts';
import type { CheckRecord } from '../check-record.ts';
import { isNamedLikeSecret } from '../propose/place-names.ts';
import type { BucketFacts } from './fact-reader.ts';
import { shortValueIn } from './id-hash.ts';

/** One comparison: the places as they were written. */
export interface ShownComparison {
  text: string;
  isNumber: boolean;
  isSecret: boolean;
}

export const shownComparisons = ({ plan, forms }: Pick<CheckRecord, 'plan' | 'forms'>): ShownComparison[] =>
  plan.comparisons.map((text) => ({
    text,
    isNumber: forms[text] === formWords.number,
    isSecret: isNamedLikeSecret(text),
  }));

/** The two sides of a comparison. */
export interface ComparedFacts {
  records: BucketFacts;
  record: number;
  rows: BucketFacts;
  row: number;
}

/** `json:amount=column:amount differs: "7" in the record, "8" in the row`, for each of the values that differ. */
export function differencesText(
  comparisons: readonly ShownComparison[],
  bits: number,
  { records, record, rows, row }: ComparedFacts,
): string[] {
  return comparisons.flatMap((comparison, index) => {
    if (!(bits & (1 << index))) return [];
    const { text, isSecret } = comparison;
    if (isSecret) return [`${text} differs`];
    const ofRecord = shownValue(records.digest(record, index), comparison);
    return [
      `${text} differs: ${ofRecord} in the record, ${shownValue(rows.digest(row, index), comparison)} in the row`,
    ];
  });
}

function shownValue(digest: Uint32Array, { isNumber }: ShownComparison): string {
  const value = shortValueIn(digest);
  if (value === null) return 'NULL';
  if (value !== undefined) return isNumber ? plainNumber(value) : JSON.stringify(value);
  const hex = [digest[1]!, digest[0]!].map((word) => word.toString(16).padStart(8, '0')).join('');
  return `a longer value (XXH64 ${hex})`;
}

/** The normal form of a number has no zeros at its end: `12e1` is 120. */
function plainNumber(text: string): string {
  const [, sign, digits, exponent] = /^(-?)(\d+)e(-?\d{1,2})$/.exec(text) ?? [];
  if (digits === undefined) return text;
  const places = Number(exponent);
  if (places >= 0) return `${sign}${digits}${'0'.repeat(places)}`;
  const padded = digits.padStart(1 - places, '0');
  return `${sign}${padded.slice(0, places)}.${padded.slice(places)}`;
}
