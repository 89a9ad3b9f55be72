/** The result of a run: the audit, and what it was an audit of. One document, on stdout and in `result.json`. */
import { exitCodes } from '../errors.ts';
import type { Place } from '../workload/place.ts';
import type { Audit, Cause, SingleFinding } from './verdict.ts';

export interface Timings {
  brokerStartMs: number | null;
  produceMs: number | null;
  drainMs: number | null;
  auditMs: number | null;
  totalMs: number | null;
}

/** In ms. */
export interface Latency {
  count: number;
  p50: number;
  p90: number;
  p99: number;
  'p99.9': number;
  max: number;
  mean: number;
}

export interface Measurements {
  /** Messages a second, from the first send to the last ack, and to the store's last commit. */
  rates: { acked: number | null; stored: number | null };
  /** From when a message was due, or sent if nothing paced it. null where nothing was recorded. */
  latency: {
    acked: Latency | null;
    stored: Latency | null;
    /** Which logs are not there, or not whole. */
    missing: { acked: string[]; stored: string[] };
  };
}

/** What was demanded of a run, and whether it was met. */
export interface JudgedThreshold {
  threshold: string;
  /** In ms, messages a second, or messages; null where it could not be measured. */
  value: number | null;
  met: boolean;
}

/** What became of a fault. Times are ms from the first send on; null where it did not begin, or did not end. */
export interface FaultRecord {
  name: string;
  /** As it was asked for: `kill-leader@5s+3s`. */
  schedule: string;
  /** On whom it acted. */
  target: string | null;
  startMs: number | null;
  endMs: number | null;
  tookEffect: boolean;
  /** What was seen of it, in sentences. */
  evidence: string[];
  /** What it found wrong with records of its own. Left out where that is nothing. */
  found?: SingleFinding[];
  /** Where records stand that it published itself. Left out where it is no such fault. */
  published?: Place[];
}

export interface Environment {
  /** The broker's version; null for a Kafka that nodrop did not start: the protocol does not tell. */
  kafka: string | null;
  /** Of the ZooKeeper beside it, where there was one. */
  zookeeper?: string;
  client: string;
  node: string;
  /** null where no broker was started here. */
  java: string | null;
  /** `misroute:17`: the defects that NODROP_SABOTAGE planted in the run. */
  sabotage?: string;
}

export interface RunSummary {
  id: string;
  /** null where the manifest is missing. */
  seed: number | null;
  topic: string | null;
  messages: number | null;
  batchSize: number | null;
}

export interface Result extends Audit, Measurements {
  schema: 1;
  run: RunSummary;
  /** Causes that were said to be allowed to lose messages. */
  allowed: Cause[];
  /** What was done to it on purpose. */
  faults: FaultRecord[];
  timings: Timings;
  thresholds: JudgedThreshold[];
  environment: Environment;
}

/** Of a run that has not begun. */
export const noTimings = (): Timings => ({
  brokerStartMs: null,
  produceMs: null,
  drainMs: null,
  auditMs: null,
  totalMs: null,
});

/** Of a history from elsewhere, or of a run that sent nothing. */
export const noMeasurements = (): Measurements => ({
  rates: { acked: null, stored: null },
  latency: { acked: null, stored: null, missing: { acked: [], stored: [] } },
});

/** A pass that misses a threshold has a code of its own; any other verdict weighs more. */
export function exitCodeOf({ verdict, thresholds }: Pick<Result, 'verdict' | 'thresholds'>): number {
  const isMissed = verdict === 'pass' && thresholds.some(({ met }) => !met);
  return isMissed ? exitCodes.thresholdMissed : exitCodes[verdict];
}
