/** The course of a run over time, in columns: `watch/` reads it from a run's folder, and the page draws it. */

/** In ms; null if nothing was recorded. */
export interface LatencySeries {
  p50: (number | null)[];
  p90: (number | null)[];
  p99: (number | null)[];
  'p99.9': (number | null)[];
  max: (number | null)[];
}

/** The period of a fault, in ms since the epoch; an end of null: the fault is still active. */
export interface FaultBand {
  name: string;
  startMs: number;
  endMs: number | null;
}

/** A reassignment of the group, seen at a consumer's next delivery. */
export interface Rebalance {
  /** In ms since the epoch. */
  time: number;
  /** The group's generation from then on. */
  epoch: number;
}

/** The leader of each partition from this time on, by index; −1: none. */
export interface Leaders {
  time: number;
  leaders: number[];
}

/** Each column has one entry for each step. Steps follow one another without a gap; old steps are longer. */
export interface Series {
  /** The begin of each step, in ms since the epoch, and its length. */
  startMs: number[];
  stepMs: number[];
  /** Messages a second; a message that is sent or delivered again counts again. */
  sent: number[];
  acked: number[];
  consumed: number[];
  stored: number[];
  /** Messages that are acknowledged but not stored at the end of the step. */
  lag: number[];
  latency: { acked: LatencySeries; stored: LatencySeries };
  faults: FaultBand[];
  /** The reassignments after the first assignment. */
  rebalances: Rebalance[];
  leaders: Leaders[];
}
