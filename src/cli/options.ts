/** The options that commands share: one definition each, with default and environment variable. */
import { Option, type Command } from 'commander';
import {
  checkSettings,
  clientSettings,
  parseSetting,
  readSettingsFile,
  type ClientSettings,
} from '../client-config.ts';
import type { WeightedState } from '../workload.ts';
import {
  parseBootstrap,
  parseDuration,
  parseInteger,
  parseRunId,
  parseStates,
  parseStore,
  parseTopic,
} from './option-values.ts';

const settingsHelp = Object.keys(clientSettings).join(', ');

const shared = {
  run: () => new Option('--run <id>', 'id of the run').argParser(parseRunId).env('NODROP_RUN'),
  dir: () => new Option('--dir <path>', 'folder of the runs').default('.nodrop').env('NODROP_DIR'),
  messages: () =>
    new Option('--messages <n>', 'how many messages to publish')
      .argParser(parseInteger(1, 100_000_000))
      .default(1000)
      .env('NODROP_MESSAGES'),
  batchSize: () =>
    new Option('--batch-size <n>', 'messages in a batch')
      .argParser(parseInteger(1, 100_000))
      .default(100)
      .env('NODROP_BATCH_SIZE'),
  states: () =>
    new Option('--states <list>', 'states, with weights if wanted: failed=1,completed=8')
      .argParser(parseStates)
      .default(parseStates('failed,completed,in-progress'), 'failed,completed,in-progress')
      .env('NODROP_STATES'),
  payloadBytes: () =>
    new Option('--payload-bytes <n>', 'size of each payload, in bytes')
      .argParser(parseInteger(1, 100_000_000))
      .default(200)
      .env('NODROP_PAYLOAD_BYTES'),
  partitions: () =>
    new Option('--partitions <n>', 'partitions of a topic that is made')
      .argParser(parseInteger(1, 10_000))
      .default(3)
      .env('NODROP_PARTITIONS'),
  topic: () =>
    new Option('--topic <name>', 'topic (default: nodrop-RUN)').argParser(parseTopic).env('NODROP_TOPIC'),
  seed: () =>
    new Option('--seed <n>', 'seed of the messages (default: a new one)')
      .argParser(parseInteger(0, 2 ** 32 - 1))
      .env('NODROP_SEED'),
  bootstrapServer: () =>
    new Option('--bootstrap-server <host:port>', 'Kafka to use (environment: also KAFKA_BOOTSTRAP_SERVERS)')
      .argParser(parseBootstrap)
      .env('NODROP_BOOTSTRAP_SERVER'),
  commandConfig: () =>
    new Option('--command-config <file>', 'file of client settings; secrets go here').env(
      'NODROP_COMMAND_CONFIG',
    ),
  setting: () =>
    new Option('-X, --setting <key=value>', `client setting, repeatable: ${settingsHelp}`).argParser(
      (pair: string, others: string[] | undefined) => [...(others ?? []), pair],
    ),
  store: () =>
    new Option('--store <sqlite:path>', "the store (default: store.sqlite in the run's folder)")
      .argParser(parseStore)
      .env('NODROP_STORE'),
  storeTimeout: () =>
    new Option('--store-timeout <duration>', 'how long an outage of the store is waited out')
      .argParser(parseDuration)
      .default(60_000, '60s')
      .env('NODROP_STORE_TIMEOUT'),
  consumers: () =>
    new Option('--consumers <n>', 'consumer processes in the group')
      .argParser(parseInteger(1, 64))
      .default(1)
      .env('NODROP_CONSUMERS'),
  timeout: () =>
    new Option('--timeout <duration>', 'bound of each wait on something outside')
      .argParser(parseDuration)
      .default(60_000, '60s')
      .env('NODROP_TIMEOUT'),
  json: () => new Option('--json', 'one JSON document on stdout'),
  quiet: () => new Option('--quiet', 'no progress'),
  color: () => new Option('--no-color', 'no colours'),
} as const;

export type SharedOption = keyof typeof shared;

/** What commander hands over for the shared options; those that a command lacks are undefined. */
export interface SharedValues {
  run?: string;
  dir: string;
  messages: number;
  batchSize: number;
  states: WeightedState[];
  payloadBytes: number;
  partitions: number;
  topic?: string;
  seed?: number;
  bootstrapServer?: string;
  commandConfig?: string;
  setting?: string[];
  store?: string;
  storeTimeout: number;
  consumers: number;
  timeout: number;
  json?: boolean;
  quiet?: boolean;
  color: boolean;
}

export function addOptions(command: Command, names: readonly SharedOption[]): Command {
  for (const name of names) command.addOption(shared[name]());
  return command;
}

/** The address of somebody's Kafka: the flag, then NODROP_BOOTSTRAP_SERVER, then KAFKA_BOOTSTRAP_SERVERS. */
export function bootstrapOf(values: SharedValues): string | undefined {
  const fallback = process.env['KAFKA_BOOTSTRAP_SERVERS'];
  if (values.bootstrapServer !== undefined || fallback === undefined || fallback === '') {
    return values.bootstrapServer;
  }
  return parseBootstrap(fallback);
}

/** The client settings of the file and the flags; flags win. */
export function settingsOf(values: SharedValues): ClientSettings {
  const settings: ClientSettings =
    values.commandConfig === undefined ? {} : readSettingsFile(values.commandConfig);
  for (const pair of values.setting ?? []) {
    const [name, value] = parseSetting(pair);
    settings[name] = value;
  }
  checkSettings(settings);
  return settings;
}
