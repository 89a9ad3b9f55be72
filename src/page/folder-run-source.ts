/** The runs of a folder, for the server of the live page. The code of an audit is loaded when it is needed. */
import { statSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { isAtWork } from '../run-folder/at-work.ts';
import { pipelineOf } from '../run-folder/check-folder.ts';
import type { RunSource } from './server/run-source.ts';
import { usageError } from '../errors.ts';
import { listRuns } from '../run-folder/find-run.ts';
import type { PageData, RunRow } from './page-data.ts';
import { readResult } from '../result/read-result.ts';
import { resultSchema } from '../result/result-schema.ts';
import type { Result } from '../result/result.ts';
import { RunFolder, runIdPattern } from '../run-folder/run-folder.ts';
import { RunWatch } from '../watch/run-watch.ts';

const rowsMax = 500;

type Row = Omit<RunRow, 'id' | 'isUnderWay'>;

/** The list's row of a run, kept as long as its result does not change. */
interface Known {
  mtimeMs: number;
  row: Row;
}

export function runSource(dir: string): RunSource {
  const known = new Map<string, Known>();
  return {
    list: async () => {
      const folders = listRuns(dir).slice(-rowsMax).toReversed();
      const rows = await Promise.all(folders.map((folder) => runRow(folder, known)));
      return rows.filter((row) => row !== undefined);
    },
    watch: (run) => {
      const folder = folderOf(dir, run);
      if (folder === undefined) return undefined;
      const watch = new RunWatch(folder);
      return {
        isThere: () => isFolder(folder),
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
      const { explainMessage } = await import('../explain/explain-message.ts');
      return await explainMessage({ folder, store, asked, bootstrapServers: undefined, isUnderWay });
    },
  };
}

function folderOf(dir: string, run: string): RunFolder | undefined {
  if (!runIdPattern.test(run)) return undefined;
  const folder = new RunFolder(dir, run);
  return isFolder(folder) ? folder : undefined;
}

const isFolder = ({ path }: RunFolder): boolean =>
  statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;

/** The page of the last audit; undefined if there was none, or if its files are damaged or of an earlier version. */
async function endedRun(folder: RunFolder): Promise<PageData | undefined> {
  const result = readResult(folder.result);
  if (!resultSchema.safeParse(result).success) return undefined;
  const { pageDataOf, readReport } = await import('./report-page.ts');
  const report = readReport(folder);
  // A later audit may have failed to write its report.
  if (report !== undefined && isDeepStrictEqual(report.result, result)) return report;
  return await pageDataOf(folder, result as Result, storeOf(folder));
}

/** Only timelines need the store: a page can do without. */
function storeOf(folder: RunFolder): string {
  try {
    return folder.storeInUse();
  } catch {
    return folder.store;
  }
}

/** undefined if the run was removed meanwhile. */
async function runRow(folder: RunFolder, known: Map<string, Known>): Promise<RunRow | undefined> {
  // A run that cannot be read must not hide the others.
  const isUnderWay = await isAtWork(folder).catch(() => false);
  try {
    return { id: folder.id, isUnderWay, ...rowOf(folder, known) };
  } catch {
    return undefined;
  }
}

function rowOf(folder: RunFolder, known: Map<string, Known>): Row {
  const written = statSync(folder.result, { throwIfNoEntry: false });
  const before = known.get(folder.id);
  if (before !== undefined && before.mtimeMs === written?.mtimeMs) return before.row;
  const row = rowFrom(folder, toldSchema.parse(readResult(folder.result)));
  if (written !== undefined) known.set(folder.id, { mtimeMs: written.mtimeMs, row });
  return row;
}

const number = z.number().nullable().catch(null);
const p99 = z
  .object({ p99: number })
  .nullable()
  .catch(null)
  .transform((latency) => latency?.p99 ?? null);
const hops = <T extends z.ZodType>(each: T) => z.object({ acked: each, stored: each });
const nothing = { acked: null, stored: null };

/** The fields of a result for the list. For a damaged result, or one of an earlier version: those that can be read. */
const told = z.object({
  verdict: resultSchema.shape.verdict.nullable().catch(null),
  ledger: z.object({ sent: number }).catch({ sent: null }),
  rates: hops(number).catch(nothing),
  latency: hops(p99)
    .extend({ missing: hops(z.array(z.string())).catch({ acked: [], stored: [] }) })
    .catch({ ...nothing, missing: { acked: [], stored: [] } }),
  findings: z
    .array(z.object({ kind: z.string(), hop: z.string().exactOptional(), count: z.number() }))
    .catch([]),
  thresholds: z.array(z.object({ met: z.boolean() })).catch([]),
  faults: z.array(z.unknown()).catch([]),
});
const toldSchema = told.catch(() => told.parse({}));

function rowFrom(folder: RunFolder, result: z.infer<typeof told>): Row {
  const { ledger, faults, thresholds, latency, ...rest } = result;
  const { acked, stored, missing } = latency;
  const born = statSync(folder.manifest, { throwIfNoEntry: false });
  const pipeline = born === undefined ? pipelineOf(folder) : undefined;
  return {
    time: born?.mtimeMs ?? pipeline?.beganAt ?? statSync(folder.path).mtimeMs,
    pipeline: pipeline?.name ?? null,
    messages: ledger.sent,
    latency: { acked, stored },
    thresholdsMissed: thresholds.filter(({ met }) => !met).length,
    isPartial: { acked: missing.acked.length > 0, stored: missing.stored.length > 0 },
    faults: faults.length,
    ...rest,
  };
}
