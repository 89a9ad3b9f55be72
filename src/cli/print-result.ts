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

type Renderer = (result: Result, places: Places, palette: Palette) => string;

const renderers: Record<ReporterName, Renderer> = {
  default: (result, places, palette) => summaryLines(result, nearby(places), palette).join('\n'),
  json: (result) => JSON.stringify(result),
  junit: junitText,
  github: (result) => githubLines(result).join('\n'),
};

/** Every report that is wanted, each in its place. A file that cannot be written any more changes no verdict. */
export function printResult(
  terminal: Terminal,
  result: Result,
  places: Places,
  { onStdout, files, isAnnotated }: Reports,
): void {
  terminal.clear();
  const text = renderers[onStdout](result, places, terminal.palette);
  terminal.print(onStdout === 'default' && isInGitHubActions() ? withoutCommands(text) : text);
  for (const { name, file } of files) {
    try {
      writeFileSync(file, `${renderers[name](result, places, noColors)}\n`);
    } catch (error) {
      terminal.note(`nodrop: the report ${file} was not written: ${messageOf(error)}`);
    }
  }
  if (isAnnotated) for (const line of githubLines(result)) terminal.note(line);
}

/** What the messages hold may look like a command of GitHub's: it is to be none. */
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
