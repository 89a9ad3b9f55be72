/**
 * Time in steps: a recent step has a quarter of a second, and steps double in length as they get older. When two steps
 * are merged, their histograms of latencies are added up: percentiles cannot be.
 */

/** The limit of steps of each length. A run that takes twice as long has some 100 steps more. */
const ofEachLengthMax = 120;
const shortestMs = 250;
/** A clock that leaps further was set. What it times counts for the last step. */
const leapMsMax = 7 * 24 * 3_600_000;

export interface Step {
  startMs: number;
  lengthMs: number;
}

export class Steps<T extends Step> {
  readonly #steps: T[] = [];
  readonly #make: (step: Step) => T;
  readonly #merge: (older: T, younger: T) => T;

  constructor(make: (step: Step) => T, merge: (older: T, younger: T) => T) {
    this.#make = make;
    this.#merge = merge;
  }

  /** The steps in their order, without a gap. */
  get all(): readonly T[] {
    return this.#steps;
  }

  /** The step of this time (ms since the epoch); the first step for earlier times. */
  at(timeMs: number): T {
    const steps = this.#steps;
    if (steps.length === 0) this.#append(Math.floor(timeMs / shortestMs) * shortestMs);
    if (timeMs - endOf(steps.at(-1)!) < leapMsMax) {
      while (timeMs >= endOf(steps.at(-1)!)) this.#append(endOf(steps.at(-1)!));
    }
    let index = steps.length - 1;
    while (index > 0 && timeMs < steps[index]!.startMs) index -= 1;
    return steps[index]!;
  }

  #append(startMs: number): void {
    this.#steps.push(this.#make({ startMs, lengthMs: shortestMs }));
    this.#thinOut();
  }

  /** Merges the oldest two steps of each length that has too many. */
  #thinOut(): void {
    const steps = this.#steps;
    let end = steps.length;
    while (end > 0) {
      const { lengthMs } = steps[end - 1]!;
      let start = end;
      while (start > 0 && steps[start - 1]!.lengthMs === lengthMs) start -= 1;
      if (end - start <= ofEachLengthMax) return;
      steps.splice(start, 2, this.#merge(steps[start]!, steps[start + 1]!));
      end = start + 1;
    }
  }
}

const endOf = ({ startMs, lengthMs }: Step): number => startMs + lengthMs;
