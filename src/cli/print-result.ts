import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { relative } from 'node:path';
import { messageOf } from '../errors.ts';
import { githubLines } from '../report/github.ts';
import { junitText } from '../report/junit.ts';
import { noColors, type Palette } from '../report/palette.ts';
import { summaryLines, type Places } from '../report/summary.ts';
import type { Result } from '../result.ts';
import { isInGitHubActions, type ReporterName, type Reports } from './reporters.ts';
import type { Terminal } from './terminal.ts';

/** Every report that is wanted, each in its place. */
export function printResult(terminal: Terminal, result: Result, places: Places, reports: Reports): void {
  terminal.clear();
  printReports(terminal, reports, {
    default: (palette) => summaryLines(result, nearby(places), palette).join('\n'),
    json: () => JSON.stringify(result),
    junit: () => junitText(result),
    github: () => githubLines(result).join('\n'),
  });
}

type Renderers = Record<ReporterName, (palette: Palette, isFile: boolean) => string>;

/** A file that cannot be written any more changes no verdict. */
export function printReports(
  terminal: Terminal,
  { onStdout, files, isAnnotated }: Reports,
  renderers: Renderers,
): void {
  const text = renderers[onStdout](terminal.palette, false);
  if (onStdout === 'default') printText(terminal, text);
  else terminal.print(text);
  for (const { name, file } of files) {
    try {
      writeFileSync(file, `${renderers[name](noColors, true)}\n`);
    } catch (error) {
      terminal.note(`nodrop: the report ${file} was not written: ${messageOf(error)}`);
    }
  }
  if (isAnnotated) for (const line of renderers.github(noColors, false).split('\n')) terminal.note(line);
}

/** For a person. What the messages hold may look like a command of GitHub's: it is to be none. */
export const printText = (terminal: Terminal, text: string): void =>
  terminal.print(isInGitHubActions() ? withoutCommands(text) : text);

function withoutCommands(text: string): string {
  const token = randomBytes(16).toString('hex');
  return `::stop-commands::${token}\n${text}\n::${token}::`;
}

const nearby = ({ evidence, report }: Places): Places => ({
  evidence: near(evidence),
  ...(report !== undefined && { report: near(report) }),
});

/** A path as a person here would write it. */
function near(path: string): string {
  const fromHere = relative(process.cwd(), path);
  return fromHere.startsWith('..') ? path : fromHere;
}
