/** How a run went over time, in columns: what `watch/` reads from a run's folder, and the page draws. */

/** In ms; null where nothing was recorded. */
export interface LatencySeries {
  p50: (number | null)[];
  p90: (number | null)[];
  p99: (number | null)[];
  'p99.9': (number | null)[];
  max: (number | null)[];
}

/** A fault as a stretch of time, in ms since the epoch; an end of null: it lasts. */
export interface FaultBand {
  name: string;
  startMs: number;
  endMs: number | null;
}

/** The group was reassigned, as a consumer's next delivery shows. */
export interface Rebalance {
  /** In ms since the epoch. */
  time: number;
  /** The group's generation from then on. */
  epoch: number;
}

/** Who leads each partition from then on, by index; −1: nobody. */
export interface Leaders {
  time: number;
  leaders: number[];
}

/** One entry a step in each column. Steps follow one another without a gap, and are longer where they are old. */
export interface Series {
  /** When a step begins, in ms since the epoch, and how long it lasts. */
  startMs: number[];
  stepMs: number[];
  /** Messages a second; those that were sent or delivered again count again. */
  sent: number[];
  acked: number[];
  consumed: number[];
  stored: number[];
  /** Messages that were acknowledged and not stored, when the step ends. */
  lag: number[];
  latency: { acked: LatencySeries; stored: LatencySeries };
  faults: FaultBand[];
  /** After the first assignment. */
  rebalances: Rebalance[];
  leaders: Leaders[];
}
