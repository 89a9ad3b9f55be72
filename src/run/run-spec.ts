/** The specification of a run. It does not change while the run goes on. */
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
  /** The folder that holds all runs, as the user named it. */
  readonly dir: string;
  readonly topic: string;
  /** The name of the consumer group. */
  readonly group: string;
  /** undefined if the number is known only at the end. */
  readonly messages: number | undefined;
  /** Paced producers begin once the consumers are ready: the start of consumers is not part of the latency. */
  readonly isPaced: boolean;
  readonly thresholds: readonly Threshold[];
  /** The address of an existing Kafka; undefined to start one. */
  readonly bootstrapServers: string | undefined;
  /** The number of brokers to start, if no existing Kafka is named. */
  readonly brokers: number;
  readonly kafka: KafkaChoice;
  readonly brokerProperties: Readonly<Record<string, string>>;
  /** The faults and their times. */
  readonly faults: readonly ScheduledFault[];
  /** Causes whose findings do not fail the run. */
  readonly allowed: readonly Cause[];
  readonly settings: ClientSettings;
  /** The location of the store. */
  readonly store: string;
  readonly categories: readonly string[];
  /** The tables that the user named, by category. */
  readonly tables: ReadonlyMap<string, string>;
  readonly keepTopic: boolean;
  /** The command that repeats the run, for readers of its report. */
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

/** The commands to use once there is room on the disk. */
export function laterCommands({ folder, dir }: RunSpec): string {
  const where = `--dir ${shellWord(dir)}`;
  return `  To audit again: nodrop verify ${folder.id} ${where}\n  To remove the run: nodrop clean --all ${where}`;
}
