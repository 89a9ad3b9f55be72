/** Reads what a user's pipeline has written, once it has drained, and judges it. */
import { vainFaults } from '../../audit/audit-run.ts';
import { bucketsFor } from '../../check/facts/fact-format.ts';
import { DestinationCheck } from '../../proof/destination-check.ts';
import { withoutHistory } from '../../proof/destinations.ts';
import type { Expectations } from '../../proof/expectations.ts';
import { destinationPath } from '../../proof/proof-again.ts';
import { roleOf, type ProofRecord } from '../../proof/proof-record.ts';
import { proofResult } from '../../proof/proof-result.ts';
import type { PipelineConfig } from '../../config/config.ts';
import { noTimings, type Environment, type FaultRecord, type Result } from '../../result/result.ts';
import { latencyLogOfPipeline, measurementsOf } from '../../run-folder/measurements.ts';
import { pipelineRecordIn } from '../../run-folder/check-folder.ts';
import { FindingsFile } from '../../run-folder/findings-file.ts';
import { messageLogName } from '../../run-folder/message-log.ts';
import type { RunFolder } from '../../run-folder/run-folder.ts';
import { sealText } from '../../run-folder/seal.ts';
import { writeWhole } from '../../system/write-whole.ts';
import { drain } from './await-drain.ts';
import { FeedingGroups } from './feeding-groups.ts';
import type { HandedOver } from './hand-over.ts';
import type { Circumstances, ProveSpec } from './prove-pipeline.ts';

export interface DrivenPipeline {
  handed: HandedOver;
  expectations: Expectations;
  /** The destinations that held nothing before the run. */
  empty: ReadonlySet<string>;
  faults: readonly FaultRecord[];
  /** What should be known and does not matter to the verdict, in sentences. */
  notes: readonly string[];
  environment: Environment;
}

export async function judgeRun(
  { folder, name, pipeline, processes, settleMs, timeoutMs, allowed, seed }: ProveSpec,
  { kafka, cluster, access, settings, destinations, announcer, signal }: Circumstances,
  { handed, expectations, empty, faults, notes, environment }: DrivenPipeline,
): Promise<Result> {
  await using opened = new AsyncDisposableStack();
  const { counts, errors, problems, tookMs } = handed;
  const fresh = withoutHistory(destinations, empty);
  const checks = destinations.map((destination) =>
    opened.use(
      new DestinationCheck({
        run: folder.id,
        path: destinationPath(folder.path, destination.name),
        messages: folder.file(messageLogName),
        outcomes: handed.outcomes,
        sent: counts.sent,
        destination,
        rule: expectations.ruleOf(destination),
        kafka: { bootstrapServers: access.bootstrapServers, settings },
        settleMs,
        timeoutMs,
        wasEmpty: fresh.has(destination.name),
        buckets: bucketsFor(counts.sent),
        signal,
        onProgress: (rows, total) => announcer.progress(destination.name, rows, total),
      }),
    ),
  );
  const drained = await drain({
    checks,
    groups: new FeedingGroups({
      cluster,
      access,
      destinations,
      isOwnCluster: kafka.broker !== undefined,
      groupsOfProcesses: groupsOf(processes),
      signal,
    }),
    hasUnknown: counts.unknown > 0,
    settleMs,
    timeoutMs,
    allowed,
    openFindings: () => new FindingsFile(folder.findings),
    announcer,
    signal,
  });
  const proof: ProofRecord = {
    schema: 1,
    run: folder.id,
    seed,
    pipeline: name,
    source: sourceText(pipeline),
    planned: handed.planned,
    handed: { counts, errors, problems: [...problems], tookMs },
    destinations: checks.map(({ destination }) => roleOf(destination)),
    drops: Object.fromEntries(expectations.dropped),
    open: [...drained.open, ...vainFaults(faults)],
    notes: [...drained.notes, ...notes],
    faults: [...faults],
  };
  save(folder, proof);
  const judged = drained.judged.map((facts, index) => ({ record: checks[index]!.record(), facts }));
  const { drainMs, auditMs } = drained;
  return proofResult(proof, judged, {
    allowed,
    measured: measurementsOf(folder, latencyLogOfPipeline),
    timings: { ...noTimings(), produceMs: Math.round(tookMs), drainMs, auditMs },
    environment,
  });
}

function save(folder: RunFolder, proof: ProofRecord): void {
  const text = `${JSON.stringify(proof, null, 2)}\n`;
  writeWhole(pipelineRecordIn(folder), text);
  sealText(pipelineRecordIn(folder), text);
}

/** The groups by which processes are ready. */
const groupsOf = (processes: ProveSpec['processes']): string[] =>
  Object.values(processes).flatMap(({ ready }) =>
    ready !== undefined && 'group' in ready ? ready.group : [],
  );

function sourceText({ source }: PipelineConfig): string {
  if ('topic' in source) return `topic:${source.topic}`;
  // The address may hold a user and a password.
  if ('http' in source) return source.http.startsWith('env:') ? 'http' : new URL(source.http).origin;
  if ('command' in source) return 'command';
  return `table:${source.table}`;
}
