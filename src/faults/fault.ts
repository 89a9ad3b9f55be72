/**
 * The interfaces of a fault, and of the pipeline on which it acts. Each fault gives evidence of its own effect: a
 * fault with no observable effect proves nothing.
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
  /** undefined while the process does not run. */
  readonly pid: number | undefined;
  /** Sends SIGKILL; settles when the process is gone. */
  kill(): Promise<void>;
  suspend(): void;
  resume(): void;
  /** Starts the process again in its place, with the files that it left. Throws if it does not come up. */
  start(): Promise<unknown>;
  /** All processes of which it consists. Absent: one, `pid`. */
  pids?(): readonly number[];
}

export interface BrokerVictim extends Victim {
  readonly nodeId: number;
  /** Sends SIGTERM: the broker hands over its leadership first. */
  stop(): Promise<void>;
}

export interface StageVictim extends Victim {
  /** Settles when the process has reached this point, where it then waits. */
  untilAt(point: string, signal: AbortSignal): Promise<void>;
  /** Lets the process leave the point. */
  goOn(): void;
  /**
   * For a fault that makes the process end by itself: settles when it has. Its place stays open until `start` or
   * `leave`.
   */
  ended(): Promise<{ code: number | null; tail: string }>;
  /** Says that the process will not be started again, so that the run does not wait for it. */
  leave(): void;
}

/** A process of a user, with all that it has started. */
export interface UserVictim extends Victim {
  /** Asks it to end, and kills it if it does not. Settles when all is gone; returns how it ended, after its name. */
  stop(): Promise<string>;
  /** Settles when the process tells the point for the next time; it goes on meanwhile. Throws with a sentence if aborted. */
  untilAt(point: string, signal: AbortSignal): Promise<void>;
}

export interface PartitionLeadership {
  /** -1 while there is no leader. */
  leader: number;
  leaderEpoch: number;
  inSyncReplicas: readonly number[];
}

/** All connections between two parts of the pipeline, which pass through proxies. */
export interface NetworkLink {
  /** For a sentence: `producer to brokers`. */
  readonly name: string;
  /** Returns a function that removes the toxic. */
  add(toxic: Toxic, direction: Direction): () => void;
  /** Returns how many connections were reset. */
  reset(): number;
  /** Refuses new connections until the refusal is lifted. */
  refuse(): Refusal;
}

/** A record that does not belong to the run, and its place. */
export interface Foreign {
  partition: number;
  offset: number;
  payload: Uint8Array | null;
}

export interface PoisonLetter extends Foreign {
  reason: string;
}

/** The pipeline of a run, as far as faults need it. */
export interface Pipeline {
  /** Empty if the brokers are not the run's own. */
  readonly brokers: readonly BrokerVictim[];
  readonly producers: readonly StageVictim[];
  readonly consumers: readonly StageVictim[];
  /** A user's processes by name, of which there may be several each; empty for nodrop's own pipeline. */
  readonly processes: ReadonlyMap<string, readonly UserVictim[]>;
  /** The links that the schedule names, by name. */
  readonly links: ReadonlyMap<string, NetworkLink>;
  /** Aborted if the user stops the run, which then does not wait for unfinished faults. */
  readonly signal: AbortSignal;
  /** The topic's partitions. Throws if no broker answers in time. */
  partitions(): Promise<readonly PartitionLeadership[]>;
  /** The node id of the active controller. Throws if no broker answers in time. */
  controller(): Promise<number>;
  /** Deletes all records that the topic holds now; returns the partitions whose first offset has moved. */
  deleteRecords(): Promise<{ partition: number; from: number; to: number }[]>;
  /** How many consumers the group knows. */
  members(): Promise<number>;
  /**
   * Deletes the group's committed offsets, once the group has noticed that its last member is gone. Returns how many
   * partitions had an offset before, and how many have one after. Throws if that takes too long.
   */
  deleteOffsets(signal: AbortSignal): Promise<{ before: number; after: number }>;
  /** Publishes records that do not belong to the run. */
  publish(payloads: readonly (Uint8Array | null)[]): Promise<Foreign[]>;
  deadLetters(): Promise<PoisonLetter[]>;
  /** The store's next offset by partition; for a partition unknown to it, the offset at which the run begins. */
  positions(): Promise<ReadonlyMap<number, number>>;
  /** The topic's first offset by partition. */
  starts(): Promise<ReadonlyMap<number, number>>;
  /** The topic's end by partition. */
  ends(): Promise<ReadonlyMap<number, number>>;
  /** The end by partition for consumers that read committed: open transactions hide what lies behind them. */
  stableEnds(): Promise<ReadonlyMap<number, number>>;
  /** Takes over the transactional id of a producer, by its index. Returns the new epoch. */
  takeOver(producer: number): Promise<number>;
  /** Returns a function that releases the lock. */
  lockStore(): Promise<() => Promise<void>>;
  /** Ends the consumers' sessions at the database, also in mid-transaction; returns how many. */
  endStoreSessions(): Promise<number>;
  /** Starts one more consumer, and waits until it has joined the group and has its partitions. */
  joinConsumer(signal: AbortSignal): Promise<{ hasJoined: boolean; leave(): Promise<void> }>;
}

/** The facts about a user's process that are known before it starts. */
export interface ProcessPlan {
  /** How many of the name run side by side. */
  count: number;
  /** Whether it gets the address of a source, hop or sink, in front of which a proxy can stand. */
  hasAddresses: boolean;
  /** Whether its command runs a container: signals reach the container's client. */
  isContainer: boolean;
}

/** The facts about a pipeline that are known before it starts. */
export interface PipelinePlan {
  /** 0 if the brokers are not the run's own. */
  brokers: number;
  /** Of nodrop; 0 in a user's pipeline. */
  producers: number;
  consumers: number;
  /** undefined in a user's pipeline. */
  store: StoreEngine | undefined;
  /** The processes of a user's pipeline; undefined in nodrop's own. */
  processes?: ReadonlyMap<string, ProcessPlan>;
  /** The shortest time that sending takes, if it is known. */
  sendsMs: number | undefined;
  /** Whether the producers write transactions. */
  transactional?: boolean;
}

export interface FaultSetting {
  /** The text after the colon. */
  detail: string | undefined;
  /** The text after `=`, or the default of a fault that takes a value. */
  value: string | undefined;
  /** Infinity: the fault is not mended. */
  lastsMs: number;
}

/** The observed effect of a fault. */
export interface Effect {
  tookEffect: boolean;
  /** Facts, in sentences. */
  evidence: string[];
  /** Findings about records that do not belong to the run: the audit does not know such records. */
  found?: SingleFinding[];
  /** The places of the records that the fault published itself. */
  published?: Place[];
}

/** A fault that has begun. */
export interface Underway {
  /** The process or link on which the fault acts. */
  target: string;
  /** Called at once if the fault is not to be mended. */
  leave?(): void;
  /** Ends the fault and returns its effect. Called once, also if the fault is not to be mended. */
  end(isMended: boolean): Promise<Effect>;
}

export interface Fault {
  name: string;
  /** One line for each of the two. */
  does: string;
  expected: string;
  /** An example argument of --fault. */
  example: string;
  /** The default duration; undefined for a fault that is over at once. */
  lastsMs: number | undefined;
  /** Whether the effect can be seen only at the end of the run. */
  lastsToEnd?: boolean;
  /** The link that the fault breaks, if no detail names it. */
  link?: string;
  /** Set if the fault waits for such a stage to reach a point, and no detail names the point. */
  stopsAtPoint?: 'producer' | 'consumer';
  /** The allowed texts after the colon, if there may be any. */
  details?: readonly string[];
  /** Whether the text after the colon may name a user's process; `point`: and a point of it, after another colon. */
  takesProcess?: 'name' | 'point';
  /** Whether only a user's pipeline can have it. */
  usersOnly?: boolean;
  /** Set for a fault on a part of nodrop's own pipeline: what fits a user's pipeline, if anything does. */
  ownPart?: { part: string; instead?: string };
  /** The allowed value after `=`, if there may be one. */
  value?: { form: string; standard: string; isRight: (value: string) => boolean };
  /** Whether nothing is stored while the fault acts. If it begins before all is sent, the run lasts as long as it. */
  holdsDrain?(plan: PipelinePlan, setting: FaultSetting): boolean;
  /** Why the fault is impossible in such a pipeline, if it is. */
  problem(plan: PipelinePlan, setting: FaultSetting): string | undefined;
  /** Throws with a sentence if the fault cannot take effect now. */
  begin(pipeline: Pipeline, setting: FaultSetting, signal: AbortSignal): Promise<Underway>;
}
