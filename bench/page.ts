/** Writes `docs/design/performance.md` from the results. Its last section is written by hand, and kept. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Part } from './part.ts';
import { readResult, type PartResult } from './results.ts';
import { groupedDigits, mebibytes, missed, reached, tableOf } from './table.ts';

const path = join(import.meta.dirname, '../docs/design/performance.md');
const byHand = '## What falls short';
const nothingYet = 'To be written from the tables above.';

const introduction = `# Performance

What nodrop takes in time and memory, beside the tools of Apache Kafka and the client library that it is built on.
\`npm run bench\` measures all of it in up to 40 minutes, \`npm run bench -- --quick\` less of it in up to 5, and
\`npm run bench -- --only NAME\` one part; each writes its figures to \`bench/results/\` and this page from them. So
do not edit it, but for the last section, which is kept.

How it is measured: everything on one machine, against one broker that nodrop itself starts (as \`nodrop kafka\` does,
with half a gigabyte of heap and Java's first compiler alone), which one uncounted run has warmed up. What is compared
is measured in turn, round by round (ours, peer, ours, peer, …). A figure is the median of the rounds, with the least
and the greatest in brackets where they differ; a ratio is one of medians. A limit stands beside what it limits, with
${reached} where it is kept and ${missed} where it is missed. Every run has to pass and every peer to deliver all that it was
given, else there is no figure. Apache's tools come from the jars that nodrop pins, with the settings that Apache's
scripts give to Java. Topics, stores and folders are removed between rounds. Absolute figures do not travel from
machine to machine; ratios do, more or less.
`;

export function writePage(parts: readonly Part[]): void {
  const results = parts.map(({ name }) => readResult(name));
  const sections = parts.map((part, index) => sectionOf(part, results[index]));
  const text = [introduction, machineOf(results), ...sections, `${byHand}\n\n${keptText()}\n`].join('\n');
  writeFileSync(path, text);
}

/** The machine of the latest result. */
function machineOf(results: readonly (PartResult | undefined)[]): string {
  const latest = results
    .filter((result) => result !== undefined)
    .reduce<PartResult | undefined>((a, b) => (a !== undefined && a.date > b.date ? a : b), undefined);
  if (latest === undefined) return 'Nothing has been measured for this page yet.\n';
  const { cpu, cores, memoryBytes, system, node, java, kafka } = latest.machine;
  const rows = [
    ['date', latest.date.slice(0, 10)],
    ['commit', latest.commit],
    ['bench', latest.mode],
    ['processor', cpu],
    ['cores', String(cores)],
    ['memory', `${groupedDigits(mebibytes(memoryBytes))} MiB`],
    ['system', system],
    ['Node', node],
    ['Java', java],
    ['Kafka', kafka],
  ];
  return `${tableOf(['measured on', ''], rows).replace('| ---: |', '| --- |')}\n`;
}

function sectionOf({ name, title, about }: Part, result: PartResult | undefined): string {
  return [`## ${title}`, about, figuresOf(name, result)].join('\n\n').concat('\n');
}

function figuresOf(name: string, result: PartResult | undefined): string {
  if (result === undefined) return 'Not measured yet.';
  const { date, commit, mode, failure, tables } = result;
  const source = `\`--only ${name}\`, ${mode} bench, ${date.slice(0, 10)}, commit ${commit}`;
  if (failure !== undefined) return `It failed (${source}).`;
  return [...tables, source].join('\n\n');
}

/** The section that the maintainers wrote below the tables. */
function keptText(): string {
  try {
    const [, text] = readFileSync(path, 'utf8').split(`${byHand}\n`);
    return text?.trim() || nothingYet;
  } catch {
    return nothingYet;
  }
}
