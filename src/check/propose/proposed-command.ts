/** The command that a candidate stands for. */
import { shellWord } from '../../system/shell-word.ts';
import type { Candidate } from './candidate.ts';

/** What the user gave: where topic and sink are. */
export interface GivenOptions {
  bootstrapServers: string;
  commandConfig: string | undefined;
  settings: readonly string[];
  topic: string;
  /** As it was written. */
  sink: string;
  sinkBootstrapServer?: string | undefined;
  sinkCommandConfig?: string | undefined;
  query: string | undefined;
  table: string | undefined;
}

type Pair = readonly [option: string, value: string];

/** The options of `check`, each with its value, in the order in which a person would write them. */
export function proposedOptions({ id, sinkId, agreements }: Candidate, given: GivenOptions): Pair[] {
  const { bootstrapServers, commandConfig, settings, topic, sink, query, table } = given;
  const { category, comparisons } = agreements;
  const map = [...(category?.map ?? [])].map(([from, to]) => `${from}=${to}`).join(',');
  const pairs: (readonly [option: string, value: string | undefined])[] = [
    ['--bootstrap-server', bootstrapServers],
    ['--command-config', commandConfig],
    ...settings.map((setting) => ['--setting', setting] as const),
    ['--topic', topic],
    ['--id', id],
    ['--sink', holdsPassword(sink) ? 'env:DATABASE_URL' : sink],
    ['--sink-bootstrap-server', given.sinkBootstrapServer],
    ['--sink-command-config', given.sinkCommandConfig],
    ['--query', query],
    ['--table', table],
    ['--sink-id', sinkId],
    ['--category', category?.category],
    ['--sink-category', category?.sinkCategory],
    ['--category-map', map || undefined],
    ...comparisons.map(({ record, row }) => ['--compare', comparisonText(record, row)] as const),
  ];
  return pairs.flatMap(([option, value]): Pair[] => (value === undefined ? [] : [[option, value]]));
}

/** The option divides at the first = that no backslash precedes. */
const comparisonText = (record: string, row: string): string =>
  `${record.replaceAll('=', String.raw`\=`)}=${row}`;

/** Whether a location would show a password to those who see the arguments of processes. */
export const holdsPassword = (location: string): boolean =>
  /^[a-z]+:\/\/[^/?#@]*:[^/?#]*@/i.test(location) || /[?&](ssl)?password=/i.test(location);

export const commandText = (pairs: readonly Pair[]): string =>
  ['nodrop check', ...pairs.map(wordsOf)].join(' ');

/** In lines of a shell, each not longer than `width` if its words allow that. */
export function commandLines(pairs: readonly Pair[], width: number): string[] {
  const lines = ['nodrop check'];
  for (const words of pairs.map(wordsOf)) {
    const last = lines.at(-1)!;
    if (last.length + words.length + 3 <= width) lines[lines.length - 1] = `${last} ${words}`;
    else lines.push(`  ${words}`);
  }
  return lines.map((line, index) => (index < lines.length - 1 ? `${line} \\` : line));
}

const wordsOf = ([option, value]: Pair): string => `${option} ${shellWord(value)}`;
