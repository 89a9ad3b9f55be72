/** A run's faults under way. */
import { durationText } from '../system/duration.ts';
import { messageOf } from '../errors.ts';
import { faultFileText, type ScheduledFault } from '../faults/fault-schedule.ts';
import { beginSchedule, type RunningSchedule, type ScheduleObserver } from '../faults/run-schedule.ts';
import { Deadline } from '../system/deadline.ts';
import type { FaultRecord } from '../result/result.ts';
import { RunPipeline, type FaultSubjects } from './faulted-pipeline.ts';
import { writeWhole } from '../system/write-whole.ts';

export class RunFaults implements AsyncDisposable {
  readonly #pipeline: RunPipeline;
  readonly #schedule: RunningSchedule;

  /** They count from now. The schedule is left in the run's folder, to be repeated. */
  constructor(
    schedule: readonly ScheduledFault[],
    subjects: FaultSubjects,
    observer: ScheduleObserver,
    signal: AbortSignal,
  ) {
    try {
      writeWhole(subjects.folder.faults, faultFileText(schedule));
    } catch (error) {
      observer.note(`The schedule of the faults was not written: ${messageOf(error)}`);
    }
    this.#pipeline = new RunPipeline(subjects, signal);
    this.#schedule = beginSchedule(schedule, this.#pipeline, observer);
    // Whoever stops the run is not to wait for what was to come.
    signal.addEventListener('abort', () => void this.end(), { once: true });
  }

  /** Where faults have put records into the topic. */
  get published(): RunPipeline['published'] {
    return this.#pipeline.published;
  }

  /**
   * To be called when all was sent. Waits until the consumers have ended, and for this long at most once the last
   * fault is over: then it stops them, whether they get on or not, and says so in a sentence.
   */
  async limitDrain(timeoutMs: number): Promise<string | undefined> {
    const { consumers } = this.#pipeline;
    const drained = Promise.all(consumers.map(({ exited }) => exited)).then(() => true);
    await Promise.race([drained, this.#schedule.over]);
    if (await new Deadline(timeoutMs).within(drained, false)) return undefined;
    await Promise.all(consumers.map((consumer) => consumer.stop()));
    return `The pipeline had not drained within ${durationText(timeoutMs)} of the last send and the last fault.`;
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
