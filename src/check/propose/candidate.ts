/** Places that identify, with what else agrees if records and rows are joined by them: the best first. */
import { agreementsOf, type Agreements } from './agreements.ts';
import type { Joined } from './identity-candidates.ts';
import { isNamedLikeId, warningOf } from './place-names.ts';
import type { RecordSample } from './sample-topic.ts';
import type { Sample } from './sample.ts';

/** For so many of the candidates, it is looked at what else agrees. */
const rankedMax = 8;

export interface Candidate extends Joined {
  agreements: Agreements;
  /** What is to be known of it. */
  warning: string | undefined;
  /** It may be no id at all. */
  isDoubtful: boolean;
}

/** By how many ids match, in tenths; then by how much else agrees, and by the names. Those that may be none come last. */
export function rankedCandidates(
  candidates: readonly Joined[],
  records: RecordSample,
  found: ReadonlyMap<number, Sample>,
): Candidate[] {
  const tenths = ({ matched, sampled }: Joined): number => Math.floor((10 * matched) / sampled);
  const kindOf = ({ id }: Joined): number => (id === 'position' ? 2 : id === 'key' ? 1 : 0);
  const namedOf = (joined: Joined): number => namesOf(joined, records, found.get(joined.taken.row.at(-1)!)!);
  const first = [...candidates]
    .sort((a, b) => tenths(b) - tenths(a) || namedOf(b) - namedOf(a) || kindOf(a) - kindOf(b))
    .slice(0, rankedMax)
    .map((joined) => withAgreements(joined, records, found.get(joined.taken.row.at(-1)!)!));
  // A value that nearly agrees speaks for the ids, too: if it were the id, the rows that differ would not have matched.
  // If a position is the id, the ids proper are among the values that agree.
  const agreed = ({ id, agreements }: Candidate): number =>
    agreedBy(agreements) + agreements.nearly.length + Number(id !== 'position');
  return first.sort(
    (a, b) =>
      Number(a.isDoubtful) - Number(b.isDoubtful) ||
      tenths(b) - tenths(a) ||
      agreed(b) - agreed(a) ||
      namedOf(b) - namedOf(a) ||
      kindOf(a) - kindOf(b),
  );
}

/** How much the names say that this is an id. A number, such as an amount, may be unique without being one. */
function namesOf(joined: Joined, { values }: RecordSample, rows: Sample): number {
  const [record, row] = [values.places[joined.taken.record[0] ?? -1], rows.places[joined.taken.row[0]!]!];
  if (record === undefined) return 0;
  const isNumber = values.kinds[joined.taken.record[0]!] === 'number';
  return (
    joined.likeness + 2 * Number(isNamedLikeId(record)) + 2 * Number(isNamedLikeId(row)) - Number(isNumber)
  );
}

function withAgreements(joined: Joined, records: RecordSample, rows: Sample): Candidate {
  const agreements = agreementsOf(records.values, rows, joined.matches, joined.taken);
  const isAlone = agreedBy(agreements) === 0;
  if (isAlone && joined.id === 'position') {
    return { ...joined, agreements, isDoubtful: false, warning: positionWarning };
  }
  if (isAlone && joined.likeness === 0 && areNumbers(joined, records)) {
    return { ...joined, agreements, isDoubtful: true, warning: numbersWarning(joined) };
  }
  const warning = warningOf(joined.id);
  return { ...joined, agreements, isDoubtful: joined.id === 'header:traceparent', warning };
}

/** How many values agree beside the ids. */
export const agreedBy = ({ comparisons, category }: Agreements): number =>
  comparisons.length + Number(category !== undefined);

const positionWarning =
  'Nothing but the positions agrees: make sure that the rows come from this topic, and not from another one.';

const numbersWarning = ({ id, sinkId }: Joined): string =>
  `The numbers at ${id} and ${sinkId} may be the same by accident: their names differ, and no other value agrees.`;

/** Small numbers of any two things are the same. */
const areNumbers = ({ taken, matches }: Joined, { values }: RecordSample): boolean =>
  matches.every(([record]) => /^\d{1,9}(\.\d*)?$/.test(values.columns[taken.record[0]!]![record] ?? ''));
