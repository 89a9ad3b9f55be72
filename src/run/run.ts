/** The main path: a run from start to verdict, with one call for each phase. */
import { tellLeft, tidyCluster } from '../pipeline/tidy-cluster.ts';
import { environmentOf } from '../result/environment.ts';
import type { Result } from '../result/result.ts';
import { judgeThresholds } from '../result/thresholds.ts';
import { removeRecord } from '../system/process-record.ts';
import { Announcer, type RunObserver } from './announcer.ts';
import { claimRun } from './claim-run.ts';
import { drive, type Driven } from './drive.ts';
import { elapsedMs } from './elapsed-ms.ts';
import { loadAudit } from './load-audit.ts';
import type { NetworkLinks } from './network-links.ts';
import { openKafka, settingsFor, type KafkaSpec, type RunKafka } from './run-kafka.ts';
import { laterCommands, setupOf, type RunSpec } from './run-spec.ts';
import { Stages } from './stages.ts';

/** Runs and judges. Throws if nothing was sent; otherwise there is always a result. */
export async function run(asked: RunSpec, observer: RunObserver, signal: AbortSignal): Promise<Result> {
  const startedAt = performance.now();
  let spec = asked;
  const { folder } = spec;
  folder.refuseIfUsed();
  await claimRun(spec);
  const links = await openLinks(spec);
  const announcer = new Announcer(folder.events, observer);
  announcer.begin(setupOf(spec));
  let stages: Stages | undefined;
  let kafka: RunKafka | undefined;
  try {
    const variables = (await links?.storeVariables(spec.store)) ?? {};
    // The stages of a secured run read client settings that its brokers' start writes. Others load during that start.
    if (spec.kafka.security !== undefined) {
      kafka = await openKafka(kafkaSpecOf(spec), links, announcer, signal);
      spec = { ...spec, settings: settingsFor(spec, kafka) };
    }
    stages = new Stages(spec, announcer, variables);
    kafka ??= await openKafka(kafkaSpecOf(spec), links, announcer, signal);
    const driven = await drive(spec, stages, kafka, announcer, signal);
    const result = await judge(spec, kafka, driven, stages.stalledAtBroker, announcer);
    result.timings.totalMs = elapsedMs(startedAt);
    result.thresholds = judgeThresholds(spec.thresholds, result);
    await conclude(spec, kafka, driven, result, announcer);
    return result;
  } catch (error) {
    // No one else would tell the user what the run has left on the cluster.
    const { bootstrapServers } = spec;
    if (bootstrapServers !== undefined) tellLeft(folder, bootstrapServers, (line) => announcer.note(line));
    throw error;
  } finally {
    stages?.signal('SIGKILL');
    await kafka?.broker?.stop();
    await links?.close();
    announcer.end();
    await removeRecord(folder.path);
  }
}

const kafkaSpecOf = (spec: RunSpec): KafkaSpec => ({ ...spec, names: [spec.topic, spec.group] });

/** A run without faults has no proxies and no extra listeners, and does not load their code. */
async function openLinks({ faults }: RunSpec): Promise<NetworkLinks | undefined> {
  if (faults.length === 0) return undefined;
  const { NetworkLinks } = await import('./network-links.ts');
  return new NetworkLinks(faults);
}

async function judge(
  { folder, store, settings, timeoutMs, allowed }: RunSpec,
  { bootstrapServers, broker, startMs }: RunKafka,
  { interruptions, faults, produceMs, drainMs }: Driven,
  stalledAtBroker: ReadonlySet<number> | undefined,
  announcer: Announcer,
): Promise<Result> {
  announcer.phase('auditing', 'auditing');
  const startedAt = performance.now();
  const { auditRun, measurementsOf, resultOf } = await loadAudit();
  const audited = await auditRun({
    folder,
    store,
    scan: { bootstrapServers, settings, timeoutMs, isFinal: broker !== undefined },
    interruptions,
    faults,
    allowed,
    ...(stalledAtBroker && { stalledAtBroker }),
  });
  const auditMs = elapsedMs(startedAt);
  if (audited.unwritten !== undefined) announcer.note(audited.unwritten);
  return resultOf(audited, {
    ...measurementsOf(folder),
    allowed: [...allowed],
    faults,
    timings: { brokerStartMs: startMs, produceMs, drainMs, auditMs, totalMs: null },
    thresholds: [],
    environment: environmentOf(broker),
  });
}

/** Writes and prints the result, and tidies up. */
async function conclude(
  spec: RunSpec,
  { bootstrapServers, broker }: RunKafka,
  { published }: Driven,
  result: Result,
  announcer: Announcer,
): Promise<void> {
  const { folder, settings, timeoutMs, keepTopic } = spec;
  const { verdict, counts } = result;
  const note = (line: string): void => announcer.note(line);
  const unwritten = folder.writeResult(result);
  announcer.judged(result);
  if (unwritten !== undefined) note(`${unwritten}\n${laterCommands(spec)}`);
  const { writeReport } = await loadAudit();
  const report = (): Promise<string | undefined> => writeReport(folder, result, spec.store);
  // The report is made while the broker stops. With findings it has timelines, which must show the state after that.
  const early = result.findings.length === 0 ? report() : undefined;
  if (broker === undefined) {
    const made = { folder, bootstrapServers, settings, timeoutMs, keepTopic, published };
    await tidyCluster({ ...made, verdict, foreign: counts.foreign }, note);
  }
  // The broker's data are evidence, unless the run passed.
  await broker?.stop({ discard: verdict === 'pass' });
  const problem = await (early ?? report());
  if (problem !== undefined) note(problem);
}
