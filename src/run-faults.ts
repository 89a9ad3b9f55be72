/** A run's faults under way. */
import { writeFileSync } from 'node:fs';
import { faultFileText, type ScheduledFault } from './faults/fault-schedule.ts';
import { beginSchedule, type RunningSchedule } from './faults/run-schedule.ts';
import type { FaultRecord } from './result.ts';
import { RunPipeline, type FaultSubjects } from './run-pipeline.ts';

export class RunFaults implements AsyncDisposable {
  readonly #pipeline: RunPipeline;
  readonly #schedule: RunningSchedule;

  /** They count from now. The schedule is left in the run's folder, to be repeated. */
  constructor(
    schedule: readonly ScheduledFault[],
    subjects: FaultSubjects,
    observer: { note(line: string): void },
    signal: AbortSignal,
  ) {
    writeFileSync(subjects.folder.faults, faultFileText(schedule), { mode: 0o600 });
    this.#pipeline = new RunPipeline(subjects);
    this.#schedule = beginSchedule(schedule, this.#pipeline, (line) => observer.note(line));
    // Whoever stops the run is not to wait for what was to come.
    signal.addEventListener('abort', () => void this.end(), { once: true });
  }

  /** Mends what is under way, drops what is not due yet, and tells what became of all. */
  async end(): Promise<FaultRecord[]> {
    return await this.#schedule.end();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end();
    await this.#pipeline.close();
  }
}
