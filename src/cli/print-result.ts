import { existsSync } from 'node:fs';
import { relative } from 'node:path';
import { summaryLines, type Places } from '../report/summary.ts';
import type { Result } from '../result.ts';
import type { Terminal } from './terminal.ts';

/** The one document, or the summary for a person. */
export function printResult(
  terminal: Terminal,
  result: Result,
  { evidence, report }: Places,
  isJson: boolean,
): void {
  terminal.clear();
  if (isJson) {
    terminal.print(JSON.stringify(result));
    return;
  }
  const places = {
    evidence: near(evidence),
    ...(report !== undefined && existsSync(report) && { report: near(report) }),
  };
  for (const line of summaryLines(result, places, terminal.palette)) terminal.print(line);
}

/** A path as a person here would write it. */
function near(path: string): string {
  const fromHere = relative(process.cwd(), path);
  return fromHere.startsWith('..') ? path : fromHere;
}
