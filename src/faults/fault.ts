/**
 * What a fault is, and what it needs of the pipeline that it acts on. A fault shows by itself that it took
 * effect: a fault with no observable effect proves nothing.
 */
import type { StoreEngine } from '../stores/engine.ts';
import type { Place } from '../workload/place.ts';
import type { SingleFinding } from '../result/verdict.ts';
import type { Direction, Refusal } from './proxy/tcp-proxy.ts';
import type { Toxic } from './proxy/toxics.ts';

/** A process that can be killed, suspended and started again: a broker, a producer or a consumer. */
export interface Victim {
  /** For a sentence: `broker 2`, `the consumer`. */
  readonly name: string;
  /** undefined while it does not run. */
  readonly pid: number | undefined;
  /** SIGKILL; it is gone when this returns. */
  kill(): Promise<void>;
  suspend(): void;
  resume(): void;
  /** Where it was, on what it left behind. Throws where it does not come up. */
  start(): Promise<unknown>;
}

export interface BrokerVictim extends Victim {
  readonly nodeId: number;
  /** SIGTERM: it hands over what it leads. */
  stop(): Promise<void>;
}

export interface StageVictim extends Victim {
  /** Settles when it stands at this point, where it then waits. */
  untilAt(point: string, signal: AbortSignal): Promise<void>;
  /** Lets it leave the point. */
  goOn(): void;
  /** It is not started again. */
  leave(): void;
}

export interface PartitionLeadership {
  /** -1 while there is none. */
  leader: number;
  leaderEpoch: number;
  inSyncReplicas: readonly number[];
}

/** All connections between two parts of the pipeline, with proxies in their way. */
export interface NetworkLink {
  /** For a sentence: `producer to brokers`. */
  readonly name: string;
  /** Returns what takes it away. */
  add(toxic: Toxic, direction: Direction): () => void;
  /** Returns how many connections were reset. */
  reset(): number;
  /** New connections are refused, until that is lifted. */
  refuse(): Refusal;
}

/** A record that is nobody's, and where it stands. */
export interface Foreign {
  partition: number;
  offset: number;
  payload: Uint8Array | null;
}

export interface PoisonLetter extends Foreign {
  reason: string;
}

/** The pipeline of a run, as faults see it. */
export interface Pipeline {
  /** None where Kafka is somebody else's. */
  readonly brokers: readonly BrokerVictim[];
  readonly producers: readonly StageVictim[];
  readonly consumers: readonly StageVictim[];
  /** Those of which the schedule speaks, by their names there. */
  readonly links: ReadonlyMap<string, NetworkLink>;
  /** Aborted where somebody stops the run: then it is not to wait for what a fault has yet to do. */
  readonly signal: AbortSignal;
  /** The topic's partitions. Throws where no broker answers in time. */
  partitions(): Promise<readonly PartitionLeadership[]>;
  /** The node that is the active controller. Throws where no broker answers in time. */
  controller(): Promise<number>;
  /** Deletes all that the topic holds now; tells where the first offset has moved. */
  deleteRecords(): Promise<{ partition: number; from: number; to: number }[]>;
  /** How many consumers the group knows. */
  members(): Promise<number>;
  /**
   * Deletes what the group has committed, once its last member is missed; tells of how many partitions there
   * was something before, and is after. Throws where that takes too long.
   */
  deleteOffsets(signal: AbortSignal): Promise<{ before: number; after: number }>;
  /** Publishes records that are none of the run's. */
  publish(payloads: readonly (Uint8Array | null)[]): Promise<Foreign[]>;
  deadLetters(): Promise<PoisonLetter[]>;
  /** The store's next offset by partition; of one that it does not know, where the run begins. */
  positions(): Promise<ReadonlyMap<number, number>>;
  /** The topic's first offset by partition. */
  starts(): Promise<ReadonlyMap<number, number>>;
  /** The topic's end by partition. */
  ends(): Promise<ReadonlyMap<number, number>>;
  /** Returns what lets it go. */
  lockStore(): Promise<() => Promise<void>>;
  /** Ends the consumers' sessions at a database, whatever they are doing; returns how many. */
  endStoreSessions(): Promise<number>;
  /** Has one more consumer join the group, and waits until it has what is assigned to it. */
  joinConsumer(signal: AbortSignal): Promise<{ hasJoined: boolean; leave(): Promise<void> }>;
}

/** What can be known of a pipeline before it is started. */
export interface PipelinePlan {
  /** 0 where Kafka is somebody else's. */
  brokers: number;
  producers: number;
  consumers: number;
  store: StoreEngine;
  /** How long it sends at least, where that is known. */
  sendsMs: number | undefined;
}

export interface FaultSetting {
  /** What stands behind the colon. */
  detail: string | undefined;
  /** What stands behind `=`, or the standard of a fault that takes a value. */
  value: string | undefined;
  /** Infinity: it is not mended. */
  lastsMs: number;
}

/** What a fault did, as far as it could be seen. */
export interface Effect {
  tookEffect: boolean;
  /** Facts, in sentences. */
  evidence: string[];
  /** What it found wrong with records that are none of the run's: of those, the audit knows nothing. */
  found?: SingleFinding[];
  /** Where records stand that it published itself. */
  published?: Place[];
}

/** A fault that has begun. */
export interface Underway {
  /** On whom it acts. */
  target: string;
  /** Called at once where it is not to be mended. */
  leave?(): void;
  /** Ends it, and tells what was seen of it. Called once, also where it is not to be mended. */
  end(isMended: boolean): Promise<Effect>;
}

export interface Fault {
  name: string;
  /** In a line each. */
  does: string;
  expected: string;
  /** As an argument of --fault. */
  example: string;
  /** How long it lasts where nothing is said; undefined for one that is over at once. */
  lastsMs: number | undefined;
  /** Whether its effect is seen at the end of the run alone. */
  lastsToEnd?: boolean;
  /** The link that it breaks, where no detail says so. */
  link?: string;
  /** Whether it waits for a consumer to stand at a point, where no detail says so. */
  stopsAtPoint?: boolean;
  /** What may stand behind the colon, if anything may. */
  details?: readonly string[];
  /** What may stand behind that and `=`, if anything may. */
  value?: { form: string; standard: string; isRight: (value: string) => boolean };
  /** Whether nothing more is stored while it acts: where it begins before all is sent, the run lasts as long as it. */
  holdsDrain?(plan: PipelinePlan, setting: FaultSetting): boolean;
  /** Why it cannot be done to such a pipeline, if it cannot. */
  problem(plan: PipelinePlan, setting: FaultSetting): string | undefined;
  /** Throws with a sentence where it cannot take effect now. */
  begin(pipeline: Pipeline, setting: FaultSetting, signal: AbortSignal): Promise<Underway>;
}
