/** Reads the event log of a run as it grows: the phase, the faults, and the leaders of the partitions. */
import { readFileSync } from 'node:fs';
import { parseRunEvent, type RunSetup, type Phase, type TimedRunEvent } from '../run-folder/run-events.ts';
import type { FaultRecord } from '../result/result.ts';
import type { FaultBand, Leaders } from './series.ts';
import type { RunProgress } from './run-progress.ts';
import { regularFile } from '../system/regular-file.ts';

/** A run has a handful of lines. A larger file has a schedule of a thousand faults, or is not an event log. */
const bytesMax = 16 * 1024 * 1024;
const leadersMax = 500;

export class EventsWatch {
  phase: Phase | null = null;
  ended: RunProgress['ended'] = null;
  setup: RunSetup | null = null;
  /** Set for a check, which has no other events than its end. */
  check: RunProgress['check'];
  /** Set for a run of a user's pipeline. */
  pipeline: { name: string; topics: string[]; messages: number } | undefined;
  /** What a run of a user's pipeline does in this phase, in words. */
  step: string | null = null;
  /** When the check or that run began, in ms since the epoch. */
  beganAt: number | null = null;
  leaders: Leaders[] = [];
  readonly #faults = new Map<number, { fault: FaultRecord; startMs: number; endMs: number | null }>();
  readonly #path: string;
  #taken = 0;

  constructor(path: string) {
    this.#path = path;
  }

  /** The faults that have begun, in the order of the schedule. */
  get faults(): FaultRecord[] {
    return this.#inOrder().map(({ fault }) => fault);
  }

  get bands(): FaultBand[] {
    return this.#inOrder().map(({ fault, startMs, endMs }) => ({ name: fault.name, startMs, endMs }));
  }

  look(): void {
    const lines = this.#text().split('\n').slice(0, -1);
    for (const line of lines.slice(this.#taken)) {
      const event = parseRunEvent(line);
      if (event !== undefined) this.#take(event);
    }
    this.#taken = lines.length;
  }

  #inOrder(): { fault: FaultRecord; startMs: number; endMs: number | null }[] {
    return [...this.#faults].sort(([a], [b]) => a - b).map(([, each]) => each);
  }

  #text(): string {
    try {
      return readFileSync(regularFile(this.#path), 'utf8').slice(0, bytesMax);
    } catch {
      // Stages that were started by hand write no event log.
      return '';
    }
  }

  #take(event: TimedRunEvent): void {
    if (event.type === 'pipeline') {
      this.pipeline ??= event;
      this.beganAt ??= event.time;
    } else if (event.type === 'check') {
      this.check ??= { topics: event.topics };
      this.beganAt ??= event.time;
    } else if (event.type === 'phase') [this.phase, this.step] = [event.phase, null];
    else if (event.type === 'step') this.step = event.text;
    else if (event.type === 'ended') this.ended = { verdict: event.verdict };
    else if (event.type === 'setup') this.setup = event.setup;
    else if (event.type === 'leaders') {
      this.leaders = [...this.leaders, { time: event.time, leaders: event.leaders }].slice(-leadersMax);
    } else {
      const { index, fault, time } = event;
      const isOver = fault.endMs !== null;
      const startMs = this.#faults.get(index)?.startMs ?? time;
      this.#faults.set(index, { fault, startMs, endMs: isOver ? time : null });
    }
  }
}
