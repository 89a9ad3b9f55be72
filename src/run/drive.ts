/** Lets the pipeline work: from the address that its stages are told to the end of the last consumer. */
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

/** How the pipeline's work came out. */
export interface Driven {
  /** Each interruption, in a sentence. */
  interruptions: string[];
  /** The faults, and how each came out. */
  faults: FaultRecord[];
  /** Where faults have put records into the topic. */
  published: readonly Place[];
  /** From the first address that was told; null before all was sent. */
  produceMs: number | null;
  /** From then on; null before all was stored. */
  drainMs: number | null;
}

/** Until all is stored, or cannot be. Throws if nothing was sent. */
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
  // From the first wait on: a stage may hang before it has done anything.
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

/** Until the producers may send, and are told so. */
async function setOff(
  spec: RunSpec,
  stages: Stages,
  kafka: RunKafka,
  announcer: Announcer,
  signal: AbortSignal,
  over: AbortSignal,
): Promise<void> {
  stages.tell('producer', { type: 'bootstrap', bootstrapServers: addressFor('producer', kafka) });
  // On a topic that is there already, a consumer that saw no ledger would take what it finds for all there is.
  await stages.untilLedgersOpened();
  const loaded = loadAudit();
  void loaded.then(() => noteLeaders(spec, kafka.bootstrapServers, announcer, over));
  stages.tell('consumer', { type: 'bootstrap', bootstrapServers: addressFor('consumer', kafka) });
  if (spec.isPaced) {
    await new Deadline(spec.timeoutMs, signal).within(stages.untilReady(), undefined);
    // The loading would take the processor from what is measured.
    await loaded;
  }
  stages.tell('producer', { type: 'begin' });
}

/** They count from the first send on. A run without faults does not load their code. */
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
