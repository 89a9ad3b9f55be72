/** Reports the events of a run: to the user who started it, and in the event log for others who watch it. */
import type { FaultRecord, Result } from '../result/result.ts';
import type { Verdict } from '../result/verdict.ts';
import { EventLog } from '../run-folder/event-log.ts';
import type { Phase, RunSetup } from '../run-folder/run-events.ts';

export interface RunObserver {
  status(text: string): void;
  progress(label: string, done: number, total?: number): void;
  /** Something that a person should know, but that does not affect the verdict. */
  note(line: string): void;
  /** The verdict is known; only tidying up follows. */
  judged(result: Result): void;
}

export class Announcer {
  readonly #observer: RunObserver;
  readonly #log: EventLog;
  #verdict: Verdict | null = null;
  #step = '';

  /** `path`: the file of the event log. */
  constructor(path: string, observer: RunObserver) {
    this.#observer = observer;
    this.#log = new EventLog(path, (problem) => observer.note(problem));
  }

  begin(setup: RunSetup): void {
    this.#log.note({ type: 'phase', phase: 'starting' });
    this.#log.note({ type: 'setup', setup });
  }

  beginPipeline(name: string, topics: string[], messages: number): void {
    this.#log.note({ type: 'pipeline', name, topics, messages });
  }

  phase(phase: Phase, status: string): void {
    this.#observer.status(status);
    this.#log.note({ type: 'phase', phase });
  }

  status(text: string): void {
    this.#observer.status(text);
  }

  /** A status that those who watch the run see, too. */
  step(text: string): void {
    this.#observer.status(text);
    if (text !== this.#step) this.#log.note({ type: 'step', text });
    this.#step = text;
  }

  progress(label: string, done: number, total: number | undefined): void {
    this.#observer.progress(label, done, total);
  }

  note(line: string): void {
    this.#observer.note(line);
  }

  /** A fault has begun or is over. `index`: its place in the schedule. */
  changed(index: number, fault: FaultRecord): void {
    this.#log.note({ type: 'fault', index, fault });
  }

  /** The leader of each partition, by index. */
  leaders(leaders: number[]): void {
    this.#log.note({ type: 'leaders', leaders });
  }

  judged(result: Result): void {
    this.#verdict = result.verdict;
    this.#observer.judged(result);
  }

  /** Without a verdict, the run has failed. */
  end(): void {
    this.#log.note({ type: 'ended', verdict: this.#verdict });
  }
}
