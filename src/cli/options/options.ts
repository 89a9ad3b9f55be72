/** All options together: the type of their values, and what commands take from several of them. */
import type { Command } from 'commander';
import {
  bootstrapServersOf,
  checkSettings,
  parseSetting,
  readSettingsFile,
  type ClientSettings,
} from '../../kafka/client/client-settings.ts';
import { usageError } from '../../errors.ts';
import { clientFromSettings } from '../../kafka/client/client-from-settings.ts';
import { checkChoice, type KafkaChoice } from '../../kafka/broker/versions.ts';
import { engineOf } from '../../stores/engines.ts';
import { say } from '../../text/say.ts';
import { commandOptions } from './command-options.ts';
import { optionOf, type HasDefault, type ValueOf } from './option-entry.ts';
import { parseBootstrap } from './option-values.ts';
import { runOptions } from './run-options.ts';

const options = { ...runOptions, ...commandOptions };
type Options = typeof options;
export type OptionName = keyof Options;
type NameWithDefault = { [Name in OptionName]: Options[Name] extends HasDefault ? Name : never }[OptionName];

/** The values that commander hands over; those of options that a command lacks are undefined. */
export type OptionValues = { [Name in NameWithDefault]: ValueOf<Options[Name]> } & {
  [Name in Exclude<OptionName, NameWithDefault>]?: ValueOf<Options[Name]>;
};

export function addOptions(command: Command, names: readonly OptionName[]): Command {
  for (const name of names) command.addOption(optionOf(options[name]));
  return command;
}

/** The address of an existing Kafka: the flag, then NODROP_BOOTSTRAP_SERVER, then KAFKA_BOOTSTRAP_SERVERS. */
export function bootstrapOf(values: OptionValues): string | undefined {
  const fallback = process.env['KAFKA_BOOTSTRAP_SERVERS'];
  if (values.bootstrapServer !== undefined || fallback === undefined || fallback === '') {
    return values.bootstrapServer;
  }
  return parseBootstrap(fallback);
}

/** Like `bootstrapOf`; if no option or variable names one, the file of client settings may. */
export const addressOf = (values: OptionValues, settings: ClientSettings): string | undefined =>
  bootstrapOf(values) ?? bootstrapServersOf(settings);

/** Settings for the Kafka that nodrop starts; if one is given twice, the last counts. */
export const brokerPropertiesOf = ({ brokerProperty }: OptionValues): Record<string, string> =>
  Object.fromEntries(brokerProperty ?? []);

/** Which Kafka to start. Throws `usage` if nodrop has no such version. */
export function kafkaChoiceOf({ kafkaVersion, zookeeper = false, security }: OptionValues): KafkaChoice {
  checkChoice({ kafkaVersion, zookeeper, security });
  return { kafkaVersion, zookeeper, security };
}

/** For commands of many runs: each run needs a store of its own, which is a file in its folder or a schema. */
export function refuseSharedStore({ store }: OptionValues): void {
  if (store === undefined || engineOf(store).server?.isOneForAll(store) === false) return;
  throw usageError(
    `--store ${store} would be shared by all runs, but each run needs a store of its own.`,
    'Name a database without a schema (postgres://USER@HOST/DATABASE), or leave --store out.',
  );
}

/** The client settings of the file and the flags; flags win. */
export function settingsOf(values: OptionValues): ClientSettings {
  const settings: ClientSettings =
    values.commandConfig === undefined ? {} : readSettingsFile(values.commandConfig, noteIgnored);
  for (const pair of values.setting ?? []) {
    const [name, value] = parseSetting(pair);
    settings[name] = value;
  }
  checkSettings(settings);
  // Keys and certificates are read here, so that a wrong one is reported before anything starts.
  clientFromSettings(settings);
  return settings;
}

/** The cluster of sinks that are topics: that of the checked topic, unless another one is named. */
export function sinkKafkaOf(
  own: { sinkBootstrapServer?: string; sinkCommandConfig?: string },
  cluster: { bootstrapServers: string; settings: ClientSettings },
): { bootstrapServers: string; settings: ClientSettings } {
  const { sinkBootstrapServer: bootstrapServers, sinkCommandConfig: file } = own;
  if (bootstrapServers === undefined && file === undefined) return cluster;
  if (bootstrapServers === undefined)
    throw usageError('--sink-command-config needs --sink-bootstrap-server.');
  const settings = file === undefined ? {} : readSettingsFile(file, noteIgnored);
  checkSettings(settings);
  clientFromSettings(settings);
  return { bootstrapServers, settings };
}

/** A stage says nothing: its parent has read the same file. */
function noteIgnored(names: readonly string[]): void {
  if (process.send === undefined) say(`nodrop: --command-config: nodrop has no use for ${names.join(', ')}`);
}
