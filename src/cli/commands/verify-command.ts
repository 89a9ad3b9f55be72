import { auditRun, resultOf } from '../../audit/audit-run.ts';
import { environmentOf } from '../../result/environment.ts';
import { isOfCheck, isOfPipeline } from '../../run-folder/check-folder.ts';
import { findRun } from '../../run-folder/find-run.ts';
import { measurementsOf } from '../../run-folder/measurements.ts';
import { readResult, type AnyResult } from '../../result/read-result.ts';
import { dropReport, writeReport } from '../../page/report-page.ts';
import { exitCodeOf, type Timings } from '../../result/result.ts';
import { runsPath, type RunFolder } from '../../run-folder/run-folder.ts';
import { hasSeal } from '../../run-folder/seal.ts';
import { storeFileOf } from '../../stores/engines.ts';
import { judgeThresholds, parseThreshold } from '../../result/thresholds.ts';
import { readSettingsFile, type ClientSettings } from '../../kafka/client/client-settings.ts';
import type { Context } from './context.ts';
import { addressOf, settingsOf, type OptionValues } from '../options/options.ts';
import { ownBrokerAgain } from './own-broker.ts';
import { printResult } from '../output/print-result.ts';
import { claimFiles, reportsOf } from '../output/reporters.ts';

export async function verifyCommand(
  values: OptionValues,
  context: Context,
  runId: string | undefined,
): Promise<number> {
  const folder = findRun(values.dir, runId);
  if (isOfCheck(folder))
    return await (await import('./verify-check.ts')).verifyCheck(values, context, folder);
  if (isOfPipeline(folder))
    return await (await import('./verify-pipeline.ts')).verifyPipeline(values, context, folder);
  const { signal, terminal } = context;
  const reports = reportsOf(values.reporter, values.json);
  const settings = settingsOf(values);
  const isScanNeeded = values.rescan === true || !hasSeal(folder.logScan);
  const given = addressOf(values, settings);
  const store = values.store ?? folder.storeInUse();
  claimFiles(reports, [runsPath(values.dir), storeFileOf(store)]);
  const own =
    isScanNeeded && given === undefined ? await ownBrokerAgain(folder, values.timeout, context) : undefined;
  await using broker = typeof own === 'string' ? undefined : own;
  const isLost = typeof own === 'string';
  const bootstrapServers = isLost ? undefined : (given ?? broker?.bootstrapServers ?? addressIn(folder));
  const startedAt = performance.now();
  terminal.status('auditing');
  const earlier = readResult(folder.result) ?? readResult(folder.earlierResult);
  const faults = earlier?.faults ?? [];
  const allowed = values.allow ?? earlier?.allowed ?? [];
  const audited = await auditRun({
    folder,
    store,
    scan:
      isScanNeeded && bootstrapServers !== undefined
        ? { bootstrapServers, settings: settingsFor(broker, settings), timeoutMs: values.timeout, signal }
        : undefined,
    interruptions: isLost ? [own] : [],
    faults,
    allowed,
  });
  signal.throwIfAborted();
  const auditMs = Math.round(performance.now() - startedAt);
  const timings = timingsOf(earlier, auditMs);
  const measurements = measurementsOf(folder);
  // The run's own thresholds apply again unless others are given.
  const thresholds =
    values.threshold ?? earlier?.thresholds?.map(({ threshold }) => parseThreshold(threshold)) ?? [];
  const result = resultOf(audited, {
    ...measurements,
    allowed,
    faults,
    timings,
    thresholds: judgeThresholds(thresholds, { ...measurements, timings }),
    environment: earlier?.environment ?? environmentOf(undefined),
  });
  if (audited.unwritten !== undefined) terminal.note(`nodrop: ${audited.unwritten}`);
  const unwritten = folder.writeResult(result);
  if (unwritten !== undefined) terminal.note(`nodrop: ${unwritten}`);
  const report = dropReport(folder) ? folder.report : undefined;
  printResult(terminal, result, { evidence: folder.path, ...(report && { report }) }, reports);
  // The verdict is printed first, since the timelines of a large run take a while.
  const problem = await writeReport(folder, result, values.store ?? folder.storeInUse());
  if (problem !== undefined) terminal.note(`nodrop: ${problem}`);
  return exitCodeOf(result);
}

/** A broker that was restarted for the audit may be secured; others are reached with the settings of the user. */
const settingsFor = (
  broker: { clientProperties: string | undefined } | undefined,
  settings: ClientSettings,
): ClientSettings =>
  broker?.clientProperties === undefined
    ? settings
    : { ...settings, ...readSettingsFile(broker.clientProperties) };

const timingsOf = (earlier: AnyResult | undefined, auditMs: number): Timings => ({
  brokerStartMs: earlier?.timings.brokerStartMs ?? null,
  produceMs: earlier?.timings.produceMs ?? null,
  drainMs: earlier?.timings.drainMs ?? null,
  auditMs,
  totalMs: earlier?.timings.totalMs ?? null,
});

/** The address of the run's Kafka; undefined if the manifest does not have it. */
function addressIn(folder: RunFolder): string | undefined {
  try {
    return folder.readManifest()?.bootstrapServers;
  } catch {
    // The audit reads the manifest again and reports what is wrong with it.
    return undefined;
  }
}
