/** The report of a run: `report.html` in its folder, made from its result and its evidence. */
import { closeSync, openSync, readFileSync, readSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { messageOf } from './errors.ts';
import type { PageData } from './page-data.ts';
import { pageHtml } from './report/page-html.ts';
import type { Result } from './result.ts';
import type { RunFolder } from './run-folder.ts';
import { seriesOf } from './series.ts';
import type { SingleFinding } from './verdict.ts';

const template = new URL('../ui/dist/index.html', import.meta.url);
const findingsMax = 1_000;
const findingsBytesMax = 1024 * 1024;

/** Returns why it could not be written, if it could not: a page that is missing is no reason to fail a run. */
export async function writeReport(folder: RunFolder, result: Result): Promise<string | undefined> {
  try {
    const html = pageHtml(readFileSync(template, 'utf8'), pageDataOf(folder, result));
    await writeFile(folder.report, html, { mode: 0o600 });
    return undefined;
  } catch (error) {
    return `${folder.report} was not written: ${messageOf(error)}`;
  }
}

export function pageDataOf(folder: RunFolder, result: Result): PageData {
  return {
    schema: 1,
    createdAt: createdAt(folder),
    result,
    series: seriesOf(folder) ?? null,
    findings: firstFindings(folder.findings),
    findingsInAll: result.findings.reduce((sum, { count }) => sum + count, 0),
  };
}

function createdAt(folder: RunFolder): number | null {
  try {
    return folder.readManifest()?.createdAt ?? null;
  } catch {
    // The result says what is wrong with the manifest.
    return null;
  }
}

/** As many as a page can hold, of a file that may hold millions. */
function firstFindings(path: string): SingleFinding[] {
  const bytes = Buffer.alloc(findingsBytesMax);
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch {
    // Without findings there is no file.
    return [];
  }
  try {
    const text = bytes.toString('utf8', 0, readSync(file, bytes, 0, bytes.length, 0));
    // The last line may be cut.
    const lines = text.split('\n').slice(0, -1);
    return lines.slice(0, findingsMax).map((line) => JSON.parse(line) as SingleFinding);
  } finally {
    closeSync(file);
  }
}
