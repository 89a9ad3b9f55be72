/** The part of the summary in which a run of a user's pipeline differs from others: what was expected and found at each hop. */
import type { DestinationSummary, Result } from '../../result/result.ts';
import { pipelineProvenanceText } from '../text/check-words.ts';
import type { Palette } from '../text/colours.ts';
import { destinationNotes, dropsText, isAsExpected, ledgerRootText } from '../text/pipeline-words.ts';
import { grouped } from '../text/quantities.ts';
import { wrap } from '../text/wrap.ts';
import { faultLines } from './fault-lines.ts';
import { measuredLines, thresholdLines } from './measured-lines.ts';

const labelWidth = 12;

export function pipelineLines(result: Result, palette: Palette): string[] {
  const { ledger, pipeline, faults } = result;
  const { destinations, source, drops } = pipeline!;
  const label = Math.max(labelWidth, ...destinations.map(({ name }) => name.length + 1));
  const extras = [
    some(ledger.rejected, 'rejected'),
    some(ledger.unknown, 'unknown'),
    some(ledger.unsent, 'not handed over'),
  ].join('');
  return [
    palette.faint(`  ${'hop'.padEnd(label)} ${'expected'.padStart(12)} ${'found'.padStart(12)}`),
    ...destinations.map((each) => destinationLine(each, { result, label, palette })),
    '',
    ...entry(
      'handed over',
      `${grouped(ledger.sent)} to ${source}, ${grouped(ledger.acked)} acknowledged${extras}`,
    ),
    ...(Object.keys(drops).length === 0 ? [] : entry('drops', dropsText(drops))),
    ...entry('root', ledgerRootText),
    ...entry('provenance', pipelineProvenanceText(result)),
    ...measuredLines(result, palette),
    ...thresholdLines(result, palette),
    ...faultLines(faults, palette),
  ];
}

function destinationLine(
  destination: DestinationSummary,
  { result, label, palette }: { result: Result; label: number; palette: Palette },
): string {
  const { name, expected, found } = destination;
  const mark = isAsExpected(destination, result) ? palette.good('✓') : palette.bad('✗');
  const notes = destinationNotes(destination);
  const note = notes.length === 0 ? '' : palette.faint(`  ${notes.join(', ')}`);
  return `  ${name.padEnd(label)} ${grouped(expected).padStart(12)} ${grouped(found).padStart(12)}  ${mark}${note}`;
}

function entry(label: string, text: string): string[] {
  const [first = '', ...rest] = wrap(text, ' '.repeat(2 + labelWidth));
  return [`  ${label.padEnd(labelWidth)}${first.trimStart()}`, ...rest];
}

const some = (count: number, what: string): string => (count === 0 ? '' : `, ${grouped(count)} ${what}`);
