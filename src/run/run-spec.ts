/** The request for a run. Nothing in it changes while the run goes on. */
import type { ScheduledFault } from '../faults/fault-schedule.ts';
import type { KafkaChoice } from '../kafka/broker/versions.ts';
import type { ClientSettings } from '../kafka/client/client-settings.ts';
import type { Threshold } from '../result/thresholds.ts';
import type { Cause } from '../result/verdict.ts';
import type { RunSetup } from '../run-folder/run-events.ts';
import type { RunFolder } from '../run-folder/run-folder.ts';
import { engineOf } from '../stores/engines.ts';
import { shellWord } from '../system/shell-word.ts';

export interface RunSpec {
  readonly folder: RunFolder;
  /** Where the folders of all runs are, as the user named it. */
  readonly dir: string;
  readonly topic: string;
  /** undefined where that is known at the end alone. */
  readonly messages: number | undefined;
  /** Paced producers begin once the consumers are ready: their start is no latency of the pipeline's. */
  readonly isPaced: boolean;
  readonly thresholds: readonly Threshold[];
  /** Somebody's Kafka; undefined to start one here. */
  readonly bootstrapServers: string | undefined;
  /** How many are started, where no Kafka was named. */
  readonly brokers: number;
  readonly kafka: KafkaChoice;
  readonly brokerProperties: Readonly<Record<string, string>>;
  /** The faults, and when each is due. */
  readonly faults: readonly ScheduledFault[];
  /** Causes that may lose messages. */
  readonly allowed: readonly Cause[];
  readonly settings: ClientSettings;
  /** Where the store is. */
  readonly store: string;
  readonly categories: readonly string[];
  readonly keepTopic: boolean;
  /** The command that does it again, for readers of its page. */
  readonly again: Pick<RunSetup, 'command' | 'leftOut'>;
  readonly timeoutMs: number;
  /** How long a stage may say nothing before it counts as hung. */
  readonly silenceMs: number;
  readonly storeTimeoutMs: number;
  /** The command lines of the stages, as a user would give them. */
  readonly producers: readonly (readonly string[])[];
  readonly consumers: readonly (readonly string[])[];
}

/** How the run was set up, for its event log. */
export const setupOf = ({ bootstrapServers, brokers, consumers, store, again }: RunSpec): RunSetup => ({
  brokers: bootstrapServers === undefined ? brokers : null,
  consumers: consumers.length,
  store: engineOf(store).name,
  ...again,
});

/** The commands for later, once there is room on the disk. */
export function laterCommands({ folder, dir }: RunSpec): string {
  const where = `--dir ${shellWord(dir)}`;
  return `  To audit again: nodrop verify ${folder.id} ${where}\n  To remove what is left of it: nodrop clean --all ${where}`;
}
