/** The faults of a run while it goes on. */
import { messageOf } from '../errors.ts';
import { faultFileText } from '../faults/fault-schedule.ts';
import { beginSchedule, type RunningSchedule } from '../faults/run-schedule.ts';
import type { FaultRecord } from '../result/result.ts';
import { Deadline } from '../system/deadline.ts';
import { durationText } from '../system/duration.ts';
import { writeWhole } from '../system/write-whole.ts';
import type { Announcer } from './announcer.ts';
import { RunPipeline } from './faulted-pipeline.ts';
import type { RunKafka } from './run-kafka.ts';
import type { RunSpec } from './run-spec.ts';
import type { Stages } from './stages.ts';

export class RunFaults implements AsyncDisposable {
  readonly #pipeline: RunPipeline;
  readonly #schedule: RunningSchedule;

  /** The times of the faults count from now. The schedule is written to the run's folder, so that it can be repeated. */
  constructor(spec: RunSpec, stages: Stages, kafka: RunKafka, announcer: Announcer, signal: AbortSignal) {
    try {
      writeWhole(spec.folder.faults, faultFileText(spec.faults));
    } catch (error) {
      announcer.note(`The schedule of the faults was not written: ${messageOf(error)}`);
    }
    this.#pipeline = new RunPipeline(spec, stages, kafka, signal);
    this.#schedule = beginSchedule(spec.faults, this.#pipeline, announcer);
    // A user who stops the run must not wait for faults that are not due yet.
    signal.addEventListener('abort', () => void this.end(), { once: true });
  }

  /** The positions of records that faults have put into the topic. */
  get published(): RunPipeline['published'] {
    return this.#pipeline.published;
  }

  /**
   * Call it when all is sent. It waits until the consumers have ended, at most for this long after the last fault.
   * Then it stops them and returns a sentence, even if they make progress: otherwise a run whose pipeline does not
   * recover would last as long as the pipeline creeps.
   */
  async limitDrain(timeoutMs: number): Promise<string | undefined> {
    const { consumers } = this.#pipeline;
    const drained = Promise.all(consumers.map(({ exited }) => exited)).then(() => true);
    await Promise.race([drained, this.#schedule.over]);
    if (await new Deadline(timeoutMs).within(drained, false)) return undefined;
    await Promise.all(consumers.map((consumer) => consumer.stop()));
    return `The pipeline had not drained within ${durationText(timeoutMs)} of the last send and the last fault.`;
  }

  /** Undoes the faults under way, drops those that are not due yet, and returns the records of all. */
  async end(): Promise<FaultRecord[]> {
    return await this.#schedule.end();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end();
    await this.#pipeline.close();
  }
}
