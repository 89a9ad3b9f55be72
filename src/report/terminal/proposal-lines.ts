/** What `init` sampled and proposes, for a person at a terminal. */
import { agreedBy } from '../../check/propose/candidate.ts';
import { isNamedLikeSecret } from '../../check/propose/place-names.ts';
import type { Proposal } from '../../check/propose/propose.ts';
import { textOf, type Sample } from '../../check/propose/sample.ts';
import { alignedLines, cut } from '../../text/aligned.ts';
import { counted } from '../../text/counted.ts';
import type { Palette } from '../text/colours.ts';
import { wrap } from '../text/wrap.ts';

/** How many records and rows are shown. */
export const shownMax = 10;
const candidatesShown = 5;

/** A value for the screen or a document: at most 40 columns, and no secret. */
export function shownValue(place: string, value: string | null): string | null {
  if (value === null) return null;
  return isNamedLikeSecret(place) ? '(not shown)' : cut(textOf(value));
}

/** The last of the records, and the first of the rows. */
export const shownRecords = ({ records }: Proposal): number[] =>
  [...records.values.columns[0]!.keys()].slice(-shownMax);
export const shownRows = ({ rows }: Proposal): number[] =>
  [...(rows.columns[0] ?? []).keys()].slice(0, shownMax);

/** `width`: that of the terminal. */
export function sampleLines(topic: string, proposal: Proposal, width: number, palette: Palette): string[] {
  const { sink, records, rows } = proposal;
  const [last, first] = [shownRecords(proposal), shownRows(proposal)];
  const places = records.positions.map(({ partition, offset }) => `${partition}:${offset}`);
  return [
    `  ${palette.strong(`topic ${topic}`)}   ${last.length} of ${counted(records.values.count, 'sampled record')}`,
    ...clipped(
      alignedLines([
        ['position', ...last.map((record) => places[record]!)],
        ...valueRows(records.values, last).filter(([place]) => place !== 'digest'),
      ]),
      width,
    ),
    '',
    `  ${palette.strong(sink.name)}   ${first.length} of ${rows.count} sampled ${sink.rows}`,
    ...clipped(alignedLines(valueRows(rows, first)), width),
  ];
}

const valueRows = ({ places, columns }: Sample, shown: readonly number[]): string[][] =>
  places.map(({ text }, index) => [
    cut(text),
    ...shown.map((row) => shownValue(text, columns[index]![row] ?? null) ?? '-'),
  ]);

const clipped = (lines: readonly string[], width: number): string[] =>
  lines.map((line) => {
    const indented = `    ${line}`;
    return indented.length > width ? `${indented.slice(0, width - 1)}…` : indented;
  });

export function candidateLines({ candidates, notes }: Proposal): string[] {
  return [
    '  These places identify a record and its row:',
    ...alignedLines([
      ['--id', '--sink-id', 'found in the sink', 'agrees as well'],
      ...candidates
        .slice(0, candidatesShown)
        .map(({ id, sinkId, matched, sampled, agreements }) => [
          cut(id),
          cut(sinkId),
          `${matched} of ${sampled}`,
          counted(agreedBy(agreements), 'value'),
        ]),
    ]).map((line) => `    ${line}`),
    ...notesOf(candidates[0]!, notes).flatMap((note) => wrap(note, '  ')),
  ];
}

/** What is to be known of the best candidate, and what was seen beside it. */
export function notesOf(
  { agreements, warning }: Proposal['candidates'][number],
  notes: Proposal['notes'],
): string[] {
  return [...(warning === undefined ? [] : [warning]), ...agreements.nearly, ...notes];
}
