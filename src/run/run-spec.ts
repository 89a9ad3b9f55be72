/** A run under way: what it was asked for, and what its phases share. */
import type { ScheduledFault } from '../faults/fault-schedule.ts';
import type { KafkaChoice } from '../kafka/broker/versions.ts';
import type { ClientSettings } from '../kafka/client/client-settings.ts';
import { pausesWhenTold, pointNames } from '../pipeline/stage/failpoints.ts';
import { startStages } from '../pipeline/stage/stage-group.ts';
import type { StagePlace } from '../pipeline/stage/stage-place.ts';
import type { FaultRecord, Result, Timings } from '../result/result.ts';
import type { Threshold } from '../result/thresholds.ts';
import type { Cause } from '../result/verdict.ts';
import type { EventLog } from '../run-folder/event-log.ts';
import type { RunSetup } from '../run-folder/run-events.ts';
import type { RunFolder } from '../run-folder/run-folder.ts';
import { isPostgresLocation } from '../stores/postgres/location.ts';
import { shellWord } from '../system/shell-word.ts';
import type { NetworkLinks } from './network-links.ts';

export interface RunConfig {
  id: string;
  dir: string;
  topic: string;
  /** undefined where that is known at the end alone. */
  messages: number | undefined;
  /** Paced producers begin once the consumers are ready: their start is no latency of the pipeline's. */
  isPaced: boolean;
  thresholds: readonly Threshold[];
  /** Somebody's Kafka; undefined to start one here. */
  bootstrapServers: string | undefined;
  /** Of a Kafka that is started here. */
  brokers: number;
  kafka: KafkaChoice;
  brokerProperties: Readonly<Record<string, string>>;
  /** What is to be done to it, and when. */
  faults: readonly ScheduledFault[];
  /** Causes that may lose messages. */
  allowed: readonly Cause[];
  settings: ClientSettings;
  /** Where the store is. */
  store: string;
  categories: readonly string[];
  keepTopic: boolean;
  /** The command that does it again, for readers of its page. */
  again: Pick<RunSetup, 'command' | 'leftOut'>;
  timeoutMs: number;
  storeTimeoutMs: number;
  /** The command lines of the stages, as a user would give them. */
  producers: readonly (readonly string[])[];
  consumers: readonly (readonly string[])[];
}

export interface RunObserver {
  status(text: string): void;
  progress(label: string, done: number, total?: number): void;
  /** What a person should know though it does not touch the verdict. */
  note(line: string): void;
  /** The verdict is there; what follows is tidying up. */
  judged(result: Result): void;
}

/** What is known of a consumer that gave up or hangs, gathered as it comes. */
export interface Stall {
  happened: boolean;
  /** Partitions that a consumer asked for in vain. */
  atBroker: Set<number>;
}

/** A run under way: what its phases share. */
export interface RunContext {
  config: RunConfig;
  folder: RunFolder;
  observer: RunObserver;
  signal: AbortSignal;
  /** What happens to it, for those who watch. */
  log: EventLog;
  producers: readonly StagePlace[];
  consumers: readonly StagePlace[];
  /** Settles once the producers' ledgers are there. */
  ledgerOpened: Promise<void>;
  /** Settles once each consumer has what was assigned to it. */
  consumersReady: Promise<void>;
  stall: Stall;
  /** Where the schedule breaks the network. */
  links: NetworkLinks | undefined;
  /** What became of them, once the pipeline has come to its end. */
  faults: FaultRecord[];
  /** Where they have put records into the topic. */
  published: readonly { partition: number; offset: number }[];
  timings: Timings;
}

const isPausing = (faults: readonly ScheduledFault[]): boolean =>
  faults.some(
    ({ fault, detail }) => fault.stopsAtPoint === true || pointNames.some((point) => point === detail),
  );

/** All load while the broker starts, and wait to be told where it is. */
export function startAll(
  config: RunConfig,
  folder: RunFolder,
  observer: RunObserver,
  consumerVariables: Readonly<Record<string, string>>,
): Pick<RunContext, 'producers' | 'consumers' | 'ledgerOpened' | 'consumersReady' | 'stall'> {
  const ledgers = Promise.withResolvers<void>();
  let missing = config.producers.length;
  const assigned = Promise.withResolvers<void>();
  const ready = new Set<number>();
  const stall: Stall = { happened: false, atBroker: new Set() };
  const progress = (label: string) => (done: number) => observer.progress(label, done, config.messages);
  const producers = startStages('producer', config.producers, folder, progress('produced'), ({ type }) => {
    if (type === 'ledger-opened' && --missing === 0) ledgers.resolve();
  });
  const consumers = startStages(
    'consumer',
    config.consumers,
    folder,
    progress('stored'),
    (message, index) => {
      if (message.type === 'ready' && ready.add(index).size === config.consumers.length) assigned.resolve();
      if (message.type !== 'stalled') return;
      stall.happened = true;
      for (const partition of message.atBroker) stall.atBroker.add(partition);
    },
    // A point costs a consumer what it else does at the same time.
    { ...consumerVariables, ...(isPausing(config.faults) && pausesWhenTold) },
  );
  return {
    ledgerOpened: ledgers.promise,
    consumersReady: assigned.promise,
    stall,
    producers: producers.stages,
    consumers: consumers.stages,
  };
}

/** How the run was set up, for its event log. */
export const setupOf = ({ bootstrapServers, brokers, consumers, store, again }: RunConfig): RunSetup => ({
  brokers: bootstrapServers === undefined ? brokers : null,
  consumers: consumers.length,
  store: isPostgresLocation(store) ? 'postgres' : 'sqlite',
  ...again,
});

/** What can be done once there is room on the disk. */
export function laterCommands({ id, dir }: RunConfig): string {
  const where = `--dir ${shellWord(dir)}`;
  return `  To audit again: nodrop verify ${id} ${where}\n  To remove what is left of it: nodrop clean --all ${where}`;
}
