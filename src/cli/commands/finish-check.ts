/** What a check ends with, the first time and each time that it is judged again. */
import { dropReport, writeReport } from '../../page/report-page.ts';
import { exitCodeOf, type Result } from '../../result/result.ts';
import type { RunFolder } from '../../run-folder/run-folder.ts';
import { printResult } from '../output/print-result.ts';
import type { Reports } from '../output/reporters.ts';
import type { Terminal } from '../output/terminal.ts';

/** Writes and prints the result, then the report. Returns the exit code. `unwritten`: why findings are missing. */
export async function finishCheck(
  folder: RunFolder,
  result: Result,
  { terminal, reports, unwritten }: { terminal: Terminal; reports: Reports; unwritten: string | undefined },
): Promise<number> {
  for (const problem of [unwritten, folder.writeResult(result)]) {
    if (problem !== undefined) terminal.note(`nodrop: ${problem}`);
  }
  const report = dropReport(folder) ? folder.report : undefined;
  printResult(terminal, result, { evidence: folder.path, report }, reports);
  // The verdict is printed first, since timelines of many facts take a while.
  const problem = await writeReport(folder, result, folder.store);
  if (problem !== undefined) terminal.note(`nodrop: ${problem}`);
  return exitCodeOf(result);
}
