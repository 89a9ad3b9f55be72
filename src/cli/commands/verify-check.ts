/** `nodrop verify` for a check: its facts are judged again, and nothing but its folder is read. */
import { checkResult, missingResult, type ResultParts } from '../../check/check-result.ts';
import { judgeAgain } from '../../check/judge-again.ts';
import { usageError } from '../../errors.ts';
import { environmentOf } from '../../result/environment.ts';
import { readResult } from '../../result/read-result.ts';
import { isJudged } from '../../run-folder/check-folder.ts';
import { runsPath, type RunFolder } from '../../run-folder/run-folder.ts';
import type { OptionValues } from '../options/options.ts';
import { claimFiles, reportsOf } from '../output/reporters.ts';
import type { Context } from './context.ts';
import { finishCheck } from './finish-check.ts';

export async function verifyCheck(
  values: OptionValues,
  { signal, terminal }: Context,
  folder: RunFolder,
): Promise<number> {
  refuseOptionsOfRuns(values, folder);
  if (!isJudged(folder)) {
    throw usageError(
      `Check ${folder.id} cannot be judged: it was stopped before it had read everything.`,
      'Run nodrop check again. nodrop clean removes the folder of the one that was stopped.',
    );
  }
  const reports = reportsOf(values.reporter, values.json);
  claimFiles(reports, [runsPath(values.dir)]);
  const startedAt = performance.now();
  const earlier = readResult(folder.result) ?? readResult(folder.earlierResult);
  const allowed = values.allow ?? earlier?.allowed ?? [];
  terminal.status('comparing the evidence with its seals');
  const { record, audit, tallies, unwritten } = await judgeAgain(folder.id, {
    path: folder.path,
    allowed,
    signal,
    onBucket: (done, of) => {
      terminal.status('judging');
      terminal.progress('judged', done, of);
    },
  });
  signal.throwIfAborted();
  const parts: ResultParts = {
    allowed,
    environment: earlier?.environment ?? environmentOf(undefined),
    readMs: earlier?.timings.readMs ?? null,
    auditMs: Math.round(performance.now() - startedAt),
    totalMs: earlier?.timings.totalMs ?? null,
  };
  const result =
    record === undefined || tallies === undefined
      ? missingResult(record?.id ?? folder.id, record, audit, parts)
      : checkResult({ record, audit, tallies }, parts);
  return await finishCheck(folder, result, { terminal, reports, unwritten });
}

function refuseOptionsOfRuns(values: OptionValues, { id }: RunFolder): void {
  const given = (['rescan', 'store', 'threshold'] as const).find((name) => values[name] !== undefined);
  if (given === undefined) return;
  throw usageError(
    `--${given} is for runs, and ${id} is a check: verify judges what the check has read.`,
    given === 'threshold'
      ? 'Leave it out: a check measures nothing.'
      : 'Leave it out, or run nodrop check again to read topic and sink now.',
  );
}
