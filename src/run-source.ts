/** The runs of a folder, for the server of the live page. What an audit needs is loaded when it is needed. */
import { readFileSync, statSync } from 'node:fs';
import { isAtWork } from './at-work.ts';
import { usageError } from './errors.ts';
import type { RunSource } from './dashboard/run-source.ts';
import type { PageData, RunRow } from './page-data.ts';
import type { Result } from './result.ts';
import { listRuns, RunFolder, runIdPattern } from './run-folder.ts';
import { RunWatch } from './watch/run-watch.ts';

const rowsMax = 500;

type Row = Omit<RunRow, 'id' | 'isUnderWay'>;

/** What was said of a run while its result was what it still is. */
interface Known {
  mtimeMs: number;
  row: Row;
}

export function runSource(dir: string): RunSource {
  const known = new Map<string, Known>();
  return {
    list: async () => {
      const folders = listRuns(dir).slice(-rowsMax).toReversed();
      return await Promise.all(
        folders.map(async (folder) => ({
          id: folder.id,
          isUnderWay: await isAtWork(folder),
          ...rowOf(folder, known),
        })),
      );
    },
    watch: (run) => {
      const folder = folderOf(dir, run);
      if (folder === undefined) return undefined;
      const watch = new RunWatch(folder);
      return {
        look: () => watch.look(),
        isUnderWay: () => isAtWork(folder),
        progress: () => watch.progress(),
        series: (untilMs) => watch.series(untilMs),
        ended: () => endedRun(folder),
      };
    },
    explain: async (run, asked) => {
      const folder = folderOf(dir, run);
      if (folder === undefined) throw usageError(`There is no run ${run}.`);
      const store = folder.storeInUse();
      const isUnderWay = await isAtWork(folder);
      const { explainRun } = await import('./explain-run.ts');
      return await explainRun({ folder, store, asked, bootstrapServers: undefined, isUnderWay });
    },
  };
}

function folderOf(dir: string, run: string): RunFolder | undefined {
  if (!runIdPattern.test(run)) return undefined;
  const folder = new RunFolder(dir, run);
  return statSync(folder.path, { throwIfNoEntry: false })?.isDirectory() === true ? folder : undefined;
}

/** Of the last audit; undefined where there was none. */
async function endedRun(folder: RunFolder): Promise<PageData | undefined> {
  const result = resultOf(folder);
  if (result === undefined) return undefined;
  const { pageDataOf, readReport } = await import('./report-page.ts');
  return readReport(folder) ?? (await pageDataOf(folder, result, folder.storeInUse()));
}

function resultOf(folder: RunFolder): Result | undefined {
  try {
    return JSON.parse(readFileSync(folder.result, 'utf8')) as Result;
  } catch {
    // There is none, or it is being written.
    return undefined;
  }
}

function rowOf(folder: RunFolder, known: Map<string, Known>): Row {
  const written = statSync(folder.result, { throwIfNoEntry: false });
  const before = known.get(folder.id);
  if (before !== undefined && before.mtimeMs === written?.mtimeMs) return before.row;
  const row = rowFrom(folder, resultOf(folder));
  if (written !== undefined) known.set(folder.id, { mtimeMs: written.mtimeMs, row });
  return row;
}

/** Earlier versions wrote fewer fields. */
function rowFrom(folder: RunFolder, result: Partial<Result> | undefined): Row {
  const { latency, rates } = result ?? {};
  const born = statSync(folder.manifest, { throwIfNoEntry: false }) ?? statSync(folder.path);
  return {
    time: born.mtimeMs,
    verdict: result?.verdict ?? null,
    messages: result?.ledger?.sent ?? null,
    rates: { acked: rates?.acked ?? null, stored: rates?.stored ?? null },
    latency: { acked: latency?.acked?.p99 ?? null, stored: latency?.stored?.p99 ?? null },
    findings: (result?.findings ?? []).map(({ kind, count }) => ({ kind, count })),
    faults: result?.faults?.length ?? 0,
  };
}
