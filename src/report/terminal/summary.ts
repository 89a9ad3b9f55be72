/** The summary of a run for a person at a terminal: at most 80 columns, and readable without colour. */
import { basename, dirname } from 'node:path';
import type { Result } from '../../result/result.ts';
import { messageNameOf } from '../../result/message-name.ts';
import { dirOption, shellWord } from '../../system/shell-word.ts';
import type { EvidenceState } from '../../result/verdict.ts';
import { blameLines, checkCategoryLines, checkHopLines, checkTimeLine } from './check-lines.ts';
import { faultLines } from './fault-lines.ts';
import { pipelineLines } from './pipeline-lines.ts';
import { exampleText } from '../text/finding-text.ts';
import { measuredLines, thresholdLines } from './measured-lines.ts';
import type { Palette } from '../text/colours.ts';
import { grouped } from '../text/quantities.ts';
import { ruleCounts } from '../text/rule-counts.ts';
import { sentenceOf } from '../text/verdict-sentence.ts';
import { wrap } from '../text/wrap.ts';
import { plural } from '../../text/counted.ts';

const examplesShown = 3;

/** Paths where a person finds more. */
export interface Places {
  evidence: string;
  report?: string | undefined;
}

/** The most important lines come first. They have no newline at their end. */
export function summaryLines(result: Result, { evidence, report }: Places, palette: Palette): string[] {
  return [
    ...verdictLines(result, palette),
    ...findingLines(result, palette),
    ...notCheckedLines(result.notChecked, palette),
    ...(report === undefined ? [] : wrap(`Report: ${report}`, '  ')),
    ...lookCloserLines(result, evidence),
    '',
    headline(result, palette),
    '',
    ...linesBy(result, palette),
    '',
    ...wrap(`Evidence: ${evidence}`, '  '),
    result.root === 'log' ? checkTimeLine(result, palette) : timeLine(result, palette),
  ];
}

function linesBy(result: Result, palette: Palette): string[] {
  if (result.root === undefined) return runLines(result, palette);
  return result.root === 'log' ? checkLines(result, palette) : pipelineLines(result, palette);
}

const runLines = (result: Result, palette: Palette): string[] => [
  ...categoryTable(result, palette),
  '',
  ...hopTable(result, palette),
  ...measuredLines(result, palette),
  ...thresholdLines(result, palette),
  ...faultLines(result.faults, palette),
];

const checkLines = (result: Result, palette: Palette): string[] => [
  ...checkCategoryLines(result, palette),
  ...checkHopLines(result, palette),
];

function headline({ run, root }: Result, palette: Palette): string {
  const what = root === 'log' ? 'check' : 'run';
  const seed = run.seed === null ? '' : palette.faint(`   seed ${run.seed}`);
  return `  ${palette.strong(`${what} ${run.id}`)}${run.topic === null ? '' : palette.faint(`   topic ${run.topic}`)}${seed}`;
}

/** Expected and stored messages by category. */
function categoryTable(result: Result, palette: Palette): string[] {
  const { confusion, store, evidence, counts } = result;
  // Rows that are no finding, though no message needs them.
  const rowsMore = counts.repeated + counts.unrooted;
  const names = [...new Set([...Object.keys(confusion), ...Object.keys(store.byCategory)])].filter(
    (name) => name !== 'dead-letters',
  );
  const expected = (name: string): number => sum(Object.values(confusion[name] ?? {}));
  const rows = names.map((name) => [name, expected(name), store.byCategory[name] ?? 0] as const);
  rows.push(['dead letters', expected('dead-letters'), store.deadLetters]);
  const label = Math.max(12, ...rows.map(([name]) => name.length));
  return [
    palette.faint(`  ${'category'.padEnd(label)} ${'expected'.padStart(12)} ${'stored'.padStart(12)}`),
    ...rows.map(([name, due, stored]) => {
      const row = `  ${name.padEnd(label)} ${grouped(due).padStart(12)}`;
      if (evidence.store === 'missing') return `${row} ${'–'.padStart(12)}`;
      const mark = stored >= due && stored - due <= rowsMore ? palette.good('✓') : palette.bad('✗');
      return `${row} ${grouped(stored).padStart(12)}  ${mark}`;
    }),
  ];
}

function hopTable({ evidence, ledger, log, store, counts }: Result, palette: Palette): string[] {
  const extras = [
    some(ledger.rejected, 'rejected'),
    some(ledger.unknown, 'unknown'),
    some(ledger.unsent, 'unsent'),
    some(ledger.aborted ?? 0, 'aborted'),
  ].join('');
  const ofRules = ruleCounts(counts).map((text) => `, ${text}`);
  // Evidence that could not be read has no count: a 0 would mean that it was empty.
  const counted = (state: EvidenceState, text: string): string =>
    state === 'missing' ? 'not known' : `${text}${state === 'torn' ? ', as far as it could be read' : ''}`;
  return [
    palette.faint('  hop'),
    `  ledger  ${counted(evidence.ledger, `${grouped(ledger.sent)} sent, ${grouped(ledger.acked)} acknowledged${extras}`)}`,
    `  log     ${counted(evidence.log, `${grouped(log.records)} ${plural(log.records, 'record')} of this run${some(counts.foreign, 'foreign')}`)}`,
    `  store   ${counted(evidence.store, `${grouped(store.rows)} ${plural(store.rows, 'row')} of this run${some(store.deadLetters, plural(store.deadLetters, 'dead letter'))}${ofRules.join('')}`)}`,
  ];
}

function findingLines(result: Result, palette: Palette): string[] {
  const { findings, root } = result;
  if (findings.length === 0) return [];
  const lines = ['', palette.faint('  finding                    blame       messages')];
  for (const { kind, blame, count, cause, allowed, examples, hop } of findings) {
    const paint = allowed === true ? palette.doubtful : palette.bad;
    const why = cause === undefined ? '' : `  (${cause}${allowed === true ? ', allowed' : ''})`;
    const what = hop === undefined ? kind : `${kind} at ${hop}`;
    lines.push(`  ${paint(what.padEnd(26))} ${blame.padEnd(9)} ${grouped(count).padStart(10)}${why}`);
    for (const example of examples.slice(0, examplesShown)) lines.push(...wrap(exampleText(example), '    '));
    if (count > examplesShown) lines.push(palette.faint(`    and ${grouped(count - examplesShown)} more`));
  }
  if (root === 'log') lines.push(...blameLines(result, palette));
  return [...lines, ''];
}

function notCheckedLines(sentences: readonly string[], palette: Palette): string[] {
  if (sentences.length === 0) return [];
  return [palette.faint('  not checked'), ...sentences.flatMap((sentence) => wrap(sentence, '    ')), ''];
}

function verdictLines(result: Result, palette: Palette): string[] {
  const paint = { pass: palette.good, fail: palette.bad, inconclusive: palette.doubtful }[result.verdict];
  const [first = '', ...rest] = wrap(`${result.verdict.toUpperCase()}  ${sentenceOf(result)}`, '  ');
  return [first.replace(/^ {2}\S+/, (word) => paint(palette.strong(word))), ...rest];
}

/** The time of each phase; a run driven by hand has fewer phases. */
function timeLine({ timings }: Result, palette: Palette): string {
  const phases = [
    ['broker', timings.brokerStartMs],
    ['produce', timings.produceMs],
    ['drain', timings.drainMs],
    ['audit', timings.auditMs],
  ] as const;
  const known = phases.flatMap(([name, ms]) => (ms === null ? [] : [`${name} ${(ms / 1000).toFixed(1)} s`]));
  return palette.faint(`  Time: ${known.join(', ')}`);
}

/** Empty unless findings name messages of a nodrop run: a history from another system has no folder for `explain`. */
function lookCloserLines({ run, root, findings }: Result, evidence: string): string[] {
  if (run.seed === null && root === undefined) return [];
  const named = findings.flatMap(({ examples }) => examples.filter(({ id }) => id !== undefined));
  const names = named.flatMap((example) => messageNameOf(example, root) ?? []);
  const [name] = names;
  if (name === undefined) return [];
  const dir = dirname(dirname(evidence));
  // A folder that was copied may have another name than its run.
  return [`  Look closer: nodrop explain${dirOption(dir)} ${basename(evidence)} ${nameWord(name)}`];
}

/** Ids of others may look like options, or be more than one word. */
const nameWord = (name: string): string => `${name.startsWith('-') ? '-- ' : ''}${shellWord(name)}`;

const some = (count: number, what: string): string => (count === 0 ? '' : `, ${grouped(count)} ${what}`);
const sum = (counts: readonly number[]): number => counts.reduce((total, count) => total + count, 0);
