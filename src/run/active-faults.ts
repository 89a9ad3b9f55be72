/** A run's faults under way. */
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

  /** They count from now. The schedule is left in the run's folder, to be repeated. */
  constructor(spec: RunSpec, stages: Stages, kafka: RunKafka, announcer: Announcer, signal: AbortSignal) {
    try {
      writeWhole(spec.folder.faults, faultFileText(spec.faults));
    } catch (error) {
      announcer.note(`The schedule of the faults was not written: ${messageOf(error)}`);
    }
    this.#pipeline = new RunPipeline(spec, stages, kafka, signal);
    this.#schedule = beginSchedule(spec.faults, this.#pipeline, announcer);
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
