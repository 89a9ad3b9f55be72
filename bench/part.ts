/** What a part of the bench is, and what it hands over: tables for people, and the figures behind them. */
import type { Rig } from './rig.ts';

export interface Part {
  name: string;
  title: string;
  /** What is measured and how, in a few sentences. */
  about: string;
  measure: (rig: Rig) => Promise<Measured>;
}

export interface Measured {
  /** Markdown. What misses its limit is marked in them. */
  tables: string[];
  /** For the JSON: every sample. */
  samples: unknown;
}
