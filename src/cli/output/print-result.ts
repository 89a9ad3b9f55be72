import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { relative } from 'node:path';
import { messageOf } from '../../errors.ts';
import { jsonText } from '../../text/json-text.ts';
import { printable } from '../../text/printable.ts';
import { githubLines } from '../../report/ci/github.ts';
import { junitText } from '../../report/ci/junit.ts';
import { noColors, type Palette } from '../../report/text/colours.ts';
import { summaryLines, type Places } from '../../report/terminal/summary.ts';
import type { Result } from '../../result/result.ts';
import { isInGitHubActions, type ReporterName, type Reports } from './reporters.ts';
import type { Terminal } from './terminal.ts';

/** Writes each requested report to its place. */
export function printResult(terminal: Terminal, result: Result, places: Places, reports: Reports): void {
  terminal.clear();
  printReports(terminal, reports, {
    default: (palette) => summaryLines(result, nearby(places), palette),
    json: () => jsonText(result),
    junit: () => junitText(result),
    github: () => githubLines(result).join('\n'),
  });
}

/** Lines for a person, and documents for programs, which escape control characters by rules of their own. */
type Renderers = { default: (palette: Palette, isFile: boolean) => string[] } & Record<
  Exclude<ReporterName, 'default'>,
  () => string
>;

/** A report file that cannot be written does not change the verdict. */
export function printReports(
  terminal: Terminal,
  { onStdout, files, isAnnotated }: Reports,
  renderers: Renderers,
): void {
  if (onStdout === 'default') printLines(terminal, renderers.default(terminal.palette, false));
  else terminal.printDocument(renderers[onStdout]());
  for (const { name, file } of files) {
    try {
      const lines =
        name === 'default' ? renderers.default(noColors, true).map(printable) : [renderers[name]()];
      writeFileSync(file, `${lines.join('\n')}\n`);
    } catch (error) {
      terminal.note(`nodrop: the report ${file} was not written: ${messageOf(error)}`);
    }
  }
  if (isAnnotated) for (const line of renderers.github().split('\n')) terminal.note(line);
}

/** For a person. Text from messages may look like a GitHub workflow command, so commands are off meanwhile. */
export function printLines(terminal: Terminal, lines: readonly string[]): void {
  const token = isInGitHubActions() ? randomBytes(16).toString('hex') : undefined;
  if (token !== undefined) terminal.print(`::stop-commands::${token}`);
  for (const line of lines) terminal.print(line);
  if (token !== undefined) terminal.print(`::${token}::`);
}

const nearby = ({ evidence, report }: Places): Places => ({
  evidence: near(evidence),
  ...(report !== undefined && { report: near(report) }),
});

/** The path relative to the current folder, if it lies below it. */
function near(path: string): string {
  const fromHere = relative(process.cwd(), path);
  return fromHere.startsWith('..') ? path : fromHere;
}
