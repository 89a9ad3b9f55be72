/** What the page shows: of a run that has ended one document, carried in the report and sent to the live page. */
import type { RunSetup } from '../run-folder/run-events.ts';
import type { Result } from '../result/result.ts';
import type { Manifest } from '../run-folder/manifest.ts';
import type { RunProgress } from '../watch/run-progress.ts';
import type { Series } from '../watch/series.ts';
import type { Timeline } from '../explain/timeline.ts';
import type { SingleFinding, Verdict } from '../result/verdict.ts';

export interface PageData {
  schema: 1;
  /** When the run's manifest was written, in ms since the epoch; null without one. */
  createdAt: number | null;
  result: Result;
  /** How many messages each producer was to send, by its name; null where no number was the plan. */
  planned: Record<string, number> | null;
  series: Series | null;
  /** Some of each kind, blame and partition; the examples of the result among them. */
  findings: SingleFinding[];
  findingsInAll: number;
  /** Of some of those that findings name, by the name under which it was asked for. */
  timelines: Record<string, Timeline>;
  /** null where the store could not be read. */
  deadLetters: DeadLetters | null;
  /** null without a manifest. */
  setup: Setup | null;
}

/** Dead letters of the run's topic, its own and others. */
export interface DeadLetters {
  count: number;
  /** There may be more. */
  isCut: boolean;
  /** The first of them. */
  letters: ShownLetter[];
  /** How many of them a fault published. */
  planted: number;
}

export interface ShownLetter {
  partition: number;
  offset: number;
  reason: string;
  isPlanted: boolean;
}

/** How the run was set up. */
export interface Setup
  extends
    Pick<Manifest, 'batchSize' | 'payloadBytes' | 'states'>,
    Partial<Pick<Manifest, 'rate' | 'durationMs' | 'acks'>> {
  producers: number;
  partitions: number;
  /** null where nobody noted it: its stages were started by hand. */
  course: RunSetup | null;
}

/** A run among the others of its folder. */
export interface RunRow {
  id: string;
  /** When its folder was made or its manifest written, in ms since the epoch. */
  time: number;
  isUnderWay: boolean;
  /** null: it was not audited, or not yet. */
  verdict: Verdict | null;
  /** Sent; null where no result tells. */
  messages: number | null;
  /** Messages a second. */
  rates: Result['rates'];
  /** p99 in ms. */
  latency: { acked: number | null; stored: number | null };
  /** How many of each kind. */
  findings: { kind: string; count: number }[];
  thresholdsMissed: number;
  /** Whether logs of latencies are missing: then the p99 is that of the others. */
  isPartial: { acked: boolean; stored: boolean };
  faults: number;
}

/** A run that may go on. */
export interface LiveRun {
  /** Whether anybody works on it. */
  isUnderWay: boolean;
  progress: RunProgress;
}

/** What the server says to a page that watches a run, by the event's name. */
export interface FeedEvents {
  /** Several times a second, where something has changed. */
  live: LiveRun;
  /** Once a second, where something has changed. */
  series: Series;
  /** It was audited and nobody works on it: the last event. */
  ended: PageData;
  /** The server ends: the last event. */
  closing: null;
  /** There is no such run any more: the last event. */
  gone: null;
}
