/** The parts of the summary in which a check differs from a run: what was read, from which root, and how long it took. */
import type { CheckSummary, Result } from '../../result/result.ts';
import { isThere } from '../../result/check-categories.ts';
import type { EvidenceState } from '../../result/verdict.ts';
import { blameText, provenanceText, rangesText, rootText, rowWord } from '../text/check-words.ts';
import type { Palette } from '../text/colours.ts';
import { grouped } from '../text/quantities.ts';
import { wrap } from '../text/wrap.ts';
import { plural } from '../../text/counted.ts';

const labelWidth = 12;

/** Of a check without a record of what it read, only the root is known. */
export function checkHopLines(result: Result, palette: Palette): string[] {
  const { check, evidence, log, store, counts } = result;
  const known = (state: EvidenceState, text: string): string => (state === 'missing' ? 'not known' : text);
  const read = check?.records ?? log.records;
  const topic = `${grouped(read)} ${plural(read, 'record')}${some(counts.dropped, 'dropped')}`;
  const rows = check === undefined ? 'rows' : rowWord(check, store.rows);
  const sink = [
    `${grouped(store.rows)} ${rows}`,
    some(store.deadLetters, plural(store.deadLetters, 'dead letter')),
    some(counts.repeated, 'repeated'),
    some(counts.superseded, 'superseded'),
    some(counts.unrooted, 'not explained by the range'),
  ].join('');
  return [
    palette.faint('  hop'),
    ...entry('topic', known(evidence.log, topic)),
    ...entry('sink', known(evidence.store, sink)),
    '',
    ...entry('root', rootText),
    ...(check === undefined ? [] : scopeLines(result, check)),
  ];
}

function scopeLines(result: Result, check: CheckSummary): string[] {
  const sampled = check.sampled === null ? '' : `, about ${grouped(check.sampled)} of them as a sample`;
  return [
    ...(check.sinks.length > 1
      ? entry('sinks', check.sinks.map(({ label, name }) => `${label}: ${name}`).join(', '))
      : []),
    ...entry('range', `${rangesText(check)}${sampled}`),
    ...entry('provenance', provenanceText(result)),
    ...(check.looks > 1 ? entry('looks', `${check.looks}: what was there in either is not lost`) : []),
  ];
}

/** Expected and found by category. Empty if categories are not compared. */
export function checkCategoryLines(result: Result, palette: Palette): string[] {
  const { check, confusion, store, evidence } = result;
  if (check?.category === undefined || evidence.store === 'missing') return [];
  const names = [...new Set([...Object.keys(confusion), ...Object.keys(store.byCategory)])];
  const expected = (name: string): number =>
    Object.values(confusion[name] ?? {}).reduce((sum, count) => sum + count, 0);
  const rows = names
    .map((name) => {
      const found = name === 'dead-letters' ? store.deadLetters : (store.byCategory[name] ?? 0);
      return { name, due: expected(name), found };
    })
    .filter(({ name, due, found }) => isThere(name, due + found));
  const label = Math.max(12, ...rows.map(({ name }) => name.length));
  return [
    palette.faint(`  ${'category'.padEnd(label)} ${'expected'.padStart(12)} ${'in the sink'.padStart(12)}`),
    ...rows.map(({ name, due, found }) => {
      const mark = due === found ? palette.good('✓') : palette.bad('✗');
      return `  ${name.padEnd(label)} ${grouped(due).padStart(12)} ${grouped(found).padStart(12)}  ${mark}`;
    }),
    '',
  ];
}

export const blameLines = ({ findings }: Result, palette: Palette): string[] =>
  findings.some(({ blame }) => blame === 'consumer') ? [palette.faint(`    (${blameText})`)] : [];

export function checkTimeLine({ timings }: Result, palette: Palette): string {
  const phases = [
    ['read', timings.readMs ?? null],
    ['judge', timings.auditMs],
    ['total', timings.totalMs],
  ] as const;
  const known = phases.flatMap(([name, ms]) => (ms === null ? [] : [`${name} ${(ms / 1000).toFixed(1)} s`]));
  return palette.faint(`  Time: ${known.join(', ')}`);
}

function entry(label: string, text: string): string[] {
  const [first = '', ...rest] = wrap(text, ' '.repeat(2 + labelWidth));
  return [`  ${label.padEnd(labelWidth)}${first.trimStart()}`, ...rest];
}

const some = (count: number, what: string): string => (count === 0 ? '' : `, ${grouped(count)} ${what}`);
