/** `nodrop verify` for a run of a user's pipeline: its facts are judged again, and nothing but its folder is read. */
import { judgeProofAgain, readProofEvidence } from '../../proof/proof-again.ts';
import { proofResult } from '../../proof/proof-result.ts';
import { unavailableError, usageError } from '../../errors.ts';
import { environmentOf } from '../../result/environment.ts';
import { readResult } from '../../result/read-result.ts';
import { noTimings } from '../../result/result.ts';
import { judgeThresholds, parseThreshold } from '../../result/thresholds.ts';
import { latencyLogOfPipeline, measurementsOf } from '../../run-folder/measurements.ts';
import { FindingsFile } from '../../run-folder/findings-file.ts';
import { runsPath, type RunFolder } from '../../run-folder/run-folder.ts';
import type { OptionValues } from '../options/options.ts';
import { claimFiles, reportsOf } from '../output/reporters.ts';
import type { Context } from './context.ts';
import { finishCheck } from './finish-check.ts';

export async function verifyPipeline(
  values: OptionValues,
  { signal, terminal }: Context,
  folder: RunFolder,
): Promise<number> {
  const given = (['rescan', 'store'] as const).find((name) => values[name] !== undefined);
  if (given !== undefined) {
    throw usageError(
      `--${given} is for runs of nodrop's own pipeline, and ${folder.id} is one of yours: verify judges what the run has read.`,
      'Leave it out.',
    );
  }
  const reports = reportsOf(values.reporter, values.json);
  claimFiles(reports, [runsPath(values.dir)]);
  const startedAt = performance.now();
  const earlier = readResult(folder.result) ?? readResult(folder.earlierResult);
  const allowed = values.allow ?? earlier?.allowed ?? [];
  terminal.status('comparing the evidence with its seals');
  const { proof, records, problems } = await readProofEvidence(folder.path, signal);
  if (proof === undefined || problems.length > 0) {
    throw unavailableError(`Run ${folder.id} cannot be judged: ${problems[0]}`);
  }
  const findings = new FindingsFile(folder.findings);
  terminal.status('judging');
  const judged = await judgeProofAgain(
    folder.path,
    { proof, records },
    {
      allowed,
      onFinding: (finding) => findings.add(finding),
      signal,
    },
  ).finally(() => findings.close());
  const result = proofResult(proof, judged, {
    allowed,
    measured: measurementsOf(folder, latencyLogOfPipeline),
    timings: { ...noTimings(), ...earlier?.timings, auditMs: Math.round(performance.now() - startedAt) },
    environment: earlier?.environment ?? environmentOf(undefined),
  });
  const thresholds =
    values.threshold ?? earlier?.thresholds?.map(({ threshold }) => parseThreshold(threshold)) ?? [];
  result.thresholds = judgeThresholds(thresholds, result);
  return await finishCheck(folder, result, { terminal, reports, unwritten: findings.problem });
}
