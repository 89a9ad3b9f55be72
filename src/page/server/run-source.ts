/** What the server shows, as it needs it: `run-source.ts` at the top reads it from a folder of runs. */
import type { PageData, RunRow } from '../page-data.ts';
import type { RunProgress } from '../../watch/run-progress.ts';
import type { Series } from '../../watch/series.ts';
import type { Timeline } from '../../explain/timeline.ts';

/** Whatever reads throws where something cannot be read, as where the run is gone. */
export interface WatchedRun {
  isThere(): boolean;
  /** Reads what has come since the last look. */
  look(): void;
  /** Whether anybody works on it. */
  isUnderWay(): Promise<boolean>;
  progress(): RunProgress;
  /** Of the steps that end by then, in ms since the epoch. */
  series(untilMs: number): Series | null;
  /** undefined: it was not audited. */
  ended(): Promise<PageData | undefined>;
}

export interface RunSource {
  /** The latest first. */
  list(): Promise<RunRow[]>;
  /** undefined where there is no such run. */
  watch(run: string): WatchedRun | undefined;
  /** Throws an operational error for what no evidence knows. */
  explain(run: string, asked: string): Promise<Timeline>;
}
