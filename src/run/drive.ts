/** Drives the pipeline: from telling the stages the address of Kafka to the end of the last consumer. */
import { earlyEnds, stageError } from '../pipeline/stage/stage-end.ts';
import type { FaultRecord } from '../result/result.ts';
import { Deadline } from '../system/deadline.ts';
import type { Place } from '../workload/place.ts';
import type { RunFaults } from './active-faults.ts';
import type { Announcer } from './announcer.ts';
import { elapsedMs } from './elapsed-ms.ts';
import { loadAudit } from './load-audit.ts';
import { addressFor, type RunKafka } from './run-kafka.ts';
import type { RunSpec } from './run-spec.ts';
import type { Stages } from './stages.ts';
import { endWithBroker, noteLeaders, watchStages } from './watchdogs.ts';

/** The outcome of the pipeline's work. */
export interface Driven {
  /** A sentence for each interruption. */
  interruptions: string[];
  /** The faults and their outcomes. */
  faults: FaultRecord[];
  /** The positions of records that faults have put into the topic. */
  published: readonly Place[];
  /** From telling the first address to the last send; null before that. */
  produceMs: number | null;
  /** From the last send until all is stored; null before that. */
  drainMs: number | null;
}

/** Returns when all is stored or cannot be. Throws if nothing was sent. */
export async function drive(
  spec: RunSpec,
  stages: Stages,
  kafka: RunKafka,
  announcer: Announcer,
  signal: AbortSignal,
): Promise<Driven> {
  const driven: Driven = { interruptions: [], faults: [], published: [], produceMs: null, drainMs: null };
  const over = new AbortController();
  const stop = (): void => stages.signal('SIGTERM', stages.producers);
  signal.addEventListener('abort', stop, { once: true, signal: over.signal });
  if (signal.aborted) stop();
  void endWithBroker(kafka.broker, stages, driven);
  // Watch before the first wait: a stage may hang before it has done anything.
  watchStages(stages, spec, driven.interruptions, over.signal);
  try {
    announcer.phase('publishing', `publishing to ${kafka.bootstrapServers}`);
    const startedAt = performance.now();
    await setOff(spec, stages, kafka, announcer, signal, over.signal);
    await using faults = await beginFaults(spec, stages, kafka, announcer, signal);

    const produced = await stages.ends('producer');
    stages.tell('consumer', { type: 'produced' });
    driven.produceMs = elapsedMs(startedAt);
    const failed = produced.find(({ code }) => code !== 0) ?? produced[0]!;
    if (!spec.folder.isUsed()) throw stageError(failed, signal, driven.interruptions[0]);
    if (signal.aborted) driven.interruptions.push('The run was stopped before its producer had finished.');
    else driven.interruptions.push(...earlyEnds(stages.producers, produced));

    announcer.phase('draining', 'waiting until all is stored');
    const undrained = await faults?.limitDrain(spec.timeoutMs);
    const consumed = await stages.ends('consumer');
    driven.drainMs = elapsedMs(startedAt) - driven.produceMs;
    if (undrained !== undefined) {
      stages.noteStall();
      driven.interruptions.push(undrained);
    }
    driven.interruptions.push(...earlyEnds(stages.consumers, consumed));
    driven.faults = (await faults?.end()) ?? [];
    driven.published = faults?.published ?? [];
  } finally {
    over.abort();
  }
  return driven;
}

/** Waits until the producers may send, and tells them. */
async function setOff(
  spec: RunSpec,
  stages: Stages,
  kafka: RunKafka,
  announcer: Announcer,
  signal: AbortSignal,
  over: AbortSignal,
): Promise<void> {
  stages.tell('producer', { type: 'bootstrap', bootstrapServers: addressFor('producer', kafka) });
  // On an existing topic, a consumer that sees no ledger would mistake the records that it finds for all of them.
  await stages.untilLedgersOpened();
  const loaded = loadAudit();
  void loaded.then(() => noteLeaders(spec, kafka.bootstrapServers, announcer, over));
  stages.tell('consumer', { type: 'bootstrap', bootstrapServers: addressFor('consumer', kafka) });
  if (spec.isPaced) {
    await new Deadline(spec.timeoutMs, signal).within(stages.untilReady(), undefined);
    // Loading during the sends would slow down the pipeline that is measured.
    await loaded;
  }
  stages.tell('producer', { type: 'begin' });
}

/** The times of faults count from the first send. A run without faults does not load their code. */
async function beginFaults(
  spec: RunSpec,
  stages: Stages,
  kafka: RunKafka,
  announcer: Announcer,
  signal: AbortSignal,
): Promise<RunFaults | undefined> {
  if (spec.faults.length === 0) return undefined;
  const { RunFaults } = await import('./active-faults.ts');
  return new RunFaults(spec, stages, kafka, announcer, signal);
}
