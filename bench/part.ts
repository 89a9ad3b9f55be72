/** A part of the bench, and its results: tables for readers, and the figures behind them. */
import type { Rig } from './rig.ts';

export interface Part {
  name: string;
  title: string;
  /** The measurements and the method, in a few sentences. */
  about: string;
  measure: (rig: Rig) => Promise<Measured>;
}

export interface Measured {
  /** Markdown. Figures that miss their limits are marked. */
  tables: string[];
  /** Every sample, for the JSON file. */
  samples: unknown;
}
