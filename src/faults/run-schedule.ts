/** Carries out the faults of a run's schedule, each at its time, and records their effects. */
import { messageOf } from '../errors.ts';
import type { FaultRecord } from '../result/result.ts';
import type { SingleFinding } from '../result/verdict.ts';
import { pauseUnless, untilAborted } from '../system/deadline.ts';
import { faultText, type ScheduledFault } from './fault-schedule.ts';
import type { Effect, Pipeline, Underway } from './fault.ts';

export interface RunningSchedule {
  /** Settles when each fault is mended. A fault that is never mended, or lasts to the end, counts once it has begun. */
  over: Promise<void>;
  /** Mends the active faults, drops those that are not due yet, and returns the records of all, in their order. */
  end(): Promise<FaultRecord[]>;
}

export interface ScheduleObserver {
  note(line: string): void;
  /** Called when a fault begins and when it is over. `index`: its place in the schedule. */
  changed(index: number, record: FaultRecord): void;
}

/** The time of the schedule begins at once. */
export function beginSchedule(
  schedule: readonly ScheduledFault[],
  pipeline: Pipeline,
  observer: ScheduleObserver,
): RunningSchedule {
  const beganAtMs = performance.now();
  const nowMs = (): number => Math.round(performance.now() - beganAtMs);
  const ending = new AbortController();
  const carried = schedule.map((scheduled, index) => {
    const { promise: over, resolve: onOver } = Promise.withResolvers<void>();
    const changed = (record: FaultRecord): void => observer.changed(index, record);
    const note = (line: string): void => observer.note(line);
    const circumstances = { note, changed, nowMs, ending: ending.signal, onOver };
    return { over, record: carryOut(scheduled, pipeline, circumstances).finally(onOver) };
  });
  return {
    over: Promise.all(carried.map(({ over }) => over)).then(() => undefined),
    end: async () => {
      ending.abort();
      return await Promise.all(carried.map(({ record }) => record));
    },
  };
}

interface Circumstances {
  note: (line: string) => void;
  changed: (record: FaultRecord) => void;
  /** The time since the schedule began. */
  nowMs: () => number;
  /** Aborted when the run comes to its end. */
  ending: AbortSignal;
  /** Called if the fault counts as over before it has ended. */
  onOver: () => void;
}

async function carryOut(
  scheduled: ScheduledFault,
  pipeline: Pipeline,
  { note, changed, nowMs, ending, onOver }: Circumstances,
): Promise<FaultRecord> {
  const { fault, atMs, lastsMs } = scheduled;
  const record: FaultRecord = {
    name: fault.name,
    schedule: faultText(scheduled),
    target: null,
    startMs: null,
    endMs: null,
    tookEffect: false,
    evidence: [],
  };
  await pauseUnless(ending, atMs - nowMs());
  if (ending.aborted) {
    record.evidence.push(`the run had come to its end after ${nowMs()} ms`);
    return record;
  }
  record.startMs = nowMs();
  const underway = await attempt(() => fault.begin(pipeline, scheduled, ending), record);
  if (underway === undefined) return record;
  record.target = underway.target;
  note(`fault: ${record.schedule} acts on ${underway.target}`);
  changed(record);
  const isMended = lastsMs !== Infinity;
  // The run must not wait for a process that does not come back.
  if (!isMended) underway.leave?.();
  if (isMended && fault.lastsToEnd !== true) {
    await pauseUnless(ending, lastsMs);
  } else {
    onOver();
    await untilAborted(ending);
  }
  const effect = await attempt(() => underway.end(isMended), record);
  record.endMs = isMended ? nowMs() : null;
  record.tookEffect = effect?.tookEffect === true;
  record.evidence.push(...(effect?.evidence ?? []));
  const found = effect?.found ?? [];
  if (found.length > 0) record.found = found.map((each) => publishedBy(record.schedule, each));
  if (effect?.published !== undefined) record.published = effect.published;
  note(`fault: ${record.schedule} is over`);
  changed(record);
  return record;
}

const publishedBy = (schedule: string, { detail, ...finding }: SingleFinding): SingleFinding => ({
  ...finding,
  detail: `published by ${schedule}; ${detail}`,
});

async function attempt<T extends Underway | Effect>(
  action: () => Promise<T>,
  record: FaultRecord,
): Promise<T | undefined> {
  try {
    return await action();
  } catch (error) {
    record.evidence.push(messageOf(error).replace(/\.$/, ''));
    return undefined;
  }
}
