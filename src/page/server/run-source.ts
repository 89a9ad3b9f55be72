/** The data that the server needs: `folder-run-source.ts` reads it from a folder of runs. */
import type { PageData, RunRow } from '../page-data.ts';
import type { RunProgress } from '../../watch/run-progress.ts';
import type { Series } from '../../watch/series.ts';
import type { Timeline } from '../../explain/timeline.ts';

/** Methods that read throw if a file cannot be read, for example because the run is gone. */
export interface WatchedRun {
  isThere(): boolean;
  /** Reads what has come since the last look. */
  look(): void;
  /** Whether a process works on it. */
  isUnderWay(): Promise<boolean>;
  progress(): RunProgress;
  /** The series of the steps that end by this time, in ms since the epoch. */
  series(untilMs: number): Series | null;
  /** undefined if the run was not audited. */
  ended(): Promise<PageData | undefined>;
}

export interface RunSource {
  /** The latest first. */
  list(): Promise<RunRow[]>;
  /** undefined if there is no such run. */
  watch(run: string): WatchedRun | undefined;
  /** Throws an operational error if no evidence knows the message. */
  explain(run: string, asked: string): Promise<Timeline>;
}
