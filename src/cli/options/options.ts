/** The options that commands share: one definition each, with default and environment variable. */
import { Option, type Command } from 'commander';
import {
  checkSettings,
  clientSettings,
  parseSetting,
  readSettingsFile,
  type ClientSettings,
} from '../../kafka/client/client-settings.ts';
import { usageError } from '../../errors.ts';
import { clientFromSettings } from '../../kafka/client/client-from-settings.ts';
import { parseThreshold, type Threshold } from '../../result/thresholds.ts';
import { checkChoice, defaultVersion, versionNames, type KafkaChoice } from '../../kafka/broker/versions.ts';
import { messagesMax, payloadBytesMax } from '../../run-folder/manifest.ts';
import { isPostgresLocation } from '../../stores/postgres/location.ts';
import { causes, type Cause } from '../../result/verdict.ts';
import type { WeightedState } from '../../workload/workload.ts';
import { parseReporter, type Reporter } from '../output/reporters.ts';
import {
  parseBootstrap,
  parseBrokerProperty,
  parseCategory,
  parseCauses,
  parseDuration,
  parseFolder,
  parseInteger,
  parseRate,
  parseRunId,
  parseStateField,
  parseStateHeader,
  parseStates,
  parseStore,
  parseTopic,
} from './option-values.ts';

/** Of a run. */
/** Each takes a core's second to start, and half a gigabyte. */
const brokersMax = 9;
export const defaultStates = 'failed,completed,in-progress';
const settingsHelp = Object.keys(clientSettings).join(', ');

const shared = {
  run: () => new Option('--run <id>', 'id of the run').argParser(parseRunId).env('NODROP_RUN'),
  dir: () =>
    new Option('--dir <path>', 'folder of the runs')
      .argParser(parseFolder)
      .default('.nodrop')
      .env('NODROP_DIR'),
  messages: () =>
    new Option('--messages <n>', 'how many messages to publish')
      .argParser(parseInteger(1, messagesMax))
      .default(1000)
      .env('NODROP_MESSAGES'),
  duration: () =>
    new Option('--duration <duration>', 'how long to publish, instead of --messages')
      .argParser(parseDuration)
      .conflicts('messages')
      .env('NODROP_DURATION'),
  rate: () =>
    new Option('--rate <n>', 'messages a second, of all producers together (default: as many as can be)')
      .argParser(parseRate)
      .env('NODROP_RATE'),
  threshold: () =>
    new Option(
      '--threshold <demand>',
      "performance requirement; may be repeated: 'stored.p99<30ms', 'acked.rate>=5000', 'total.time<2m'",
    ).argParser((text: string, others: Threshold[] | undefined) => [...(others ?? []), parseThreshold(text)]),
  allow: () =>
    new Option(
      '--allow <causes>',
      `causes whose findings fail nothing, with commas between them: ${causes.join(', ')}`,
    ).argParser(parseCauses),
  batchSize: () =>
    new Option('--batch-size <n>', 'messages in a batch')
      .argParser(parseInteger(1, 100_000))
      .default(100)
      .env('NODROP_BATCH_SIZE'),
  states: () =>
    new Option('--states <list>', 'states, with weights if wanted: failed=1,completed=8')
      .argParser(parseStates)
      .default(parseStates(defaultStates), defaultStates)
      .env('NODROP_STATES'),
  stateField: () =>
    new Option('--state-field <path>', 'where the JSON holds the state: status.code (default: state)')
      .argParser(parseStateField)
      .conflicts('stateHeader')
      .env('NODROP_STATE_FIELD'),
  stateHeader: () =>
    new Option('--state-header <name>', 'header that holds the state, instead of the payload')
      .argParser(parseStateHeader)
      .env('NODROP_STATE_HEADER'),
  other: () =>
    new Option('--other <category>', 'category for unknown states (default: dead letters)')
      .argParser(parseCategory)
      .env('NODROP_OTHER'),
  payloadBytes: () =>
    new Option('--payload-bytes <n>', 'size of each payload, in bytes')
      .argParser(parseInteger(1, payloadBytesMax))
      .default(200)
      .env('NODROP_PAYLOAD_BYTES'),
  partitions: () =>
    new Option('--partitions <n>', 'partitions, if the topic is created')
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
  brokers: () =>
    new Option('--brokers <n>', 'number of brokers to start')
      .argParser(parseInteger(1, brokersMax))
      .default(1)
      .env('NODROP_BROKERS'),
  kafkaVersion: () =>
    new Option(
      '--kafka-version <version>',
      `version of a Kafka that is started here: ${versionNames()} (default: ${defaultVersion})`,
    ).env('NODROP_KAFKA_VERSION'),
  zookeeper: () =>
    new Option('--zookeeper', 'with --kafka-version 3.9.2: a ZooKeeper instead of controllers'),
  brokerProperty: () =>
    new Option(
      '--broker-property <key=value>',
      'setting of a Kafka that is started here, repeatable: unclean.leader.election.enable=true',
    ).argParser((pair: string, others: [string, string][] | undefined) => [
      ...(others ?? []),
      parseBrokerProperty(pair),
    ]),
  commandConfig: () =>
    new Option('--command-config <file>', 'file of client settings; secrets go here').env(
      'NODROP_COMMAND_CONFIG',
    ),
  setting: () =>
    new Option('-X, --setting <key=value>', `client setting, repeatable: ${settingsHelp}`).argParser(
      (pair: string, others: string[] | undefined) => [...(others ?? []), pair],
    ),
  store: () =>
    new Option(
      '--store <location>',
      "sqlite:PATH or postgres://USER@HOST/DATABASE (default: store.sqlite in the run's folder)",
    )
      .argParser(parseStore)
      .env('NODROP_STORE'),
  storePasswordFile: () =>
    new Option(
      '--store-password-file <file>',
      "file that holds the store's password (or: PGPASSWORD, PGPASSFILE)",
    ).env('NODROP_STORE_PASSWORD_FILE'),
  storeTimeout: () =>
    new Option('--store-timeout <duration>', 'how long an outage of the store is waited out')
      .argParser(parseDuration)
      .default(60_000, '60s')
      .env('NODROP_STORE_TIMEOUT'),
  producers: () =>
    new Option('--producers <n>', 'producer processes, among which the messages are divided')
      .argParser(parseInteger(1, 64))
      .default(1)
      .env('NODROP_PRODUCERS'),
  // For the stages that `--producers` starts: which of them this one is.
  producer: () => new Option('--producer <index>').argParser(parseInteger(0, 63)).hideHelp(),
  consumers: () =>
    new Option('--consumers <n>', 'consumer processes in the group')
      .argParser(parseInteger(1, 64))
      .default(1)
      .env('NODROP_CONSUMERS'),
  timeout: () =>
    new Option(
      '--timeout <duration>',
      'limit for each external wait (broker, topic, group); also limits draining after the last fault',
    )
      .argParser(parseDuration)
      .default(60_000, '60s')
      .env('NODROP_TIMEOUT'),
  reporter: () =>
    new Option(
      '--reporter <name>',
      'how to report, repeatable: default, json, junit or github on stdout; NAME=FILE writes it to a file',
    ).argParser((value: string, others: Reporter[] | undefined) => [...(others ?? []), parseReporter(value)]),
  ui: () =>
    new Option('--ui [port]', 'show it as it goes on, on a page of this machine').argParser(
      parseInteger(1, 65_535),
    ),
  keepOpen: () => new Option('--keep-open', 'with --ui: the page stays until Ctrl-C'),
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
  duration?: number;
  rate?: number;
  threshold?: Threshold[];
  allow?: Cause[];
  batchSize: number;
  states: WeightedState[];
  stateField?: string;
  stateHeader?: string;
  other?: string;
  payloadBytes: number;
  partitions: number;
  topic?: string;
  seed?: number;
  bootstrapServer?: string;
  brokers: number;
  kafkaVersion?: string;
  zookeeper?: boolean;
  brokerProperty?: [string, string][];
  commandConfig?: string;
  setting?: string[];
  store?: string;
  storePasswordFile?: string;
  storeTimeout: number;
  producers: number;
  producer?: number;
  consumers: number;
  timeout: number;
  reporter?: Reporter[];
  /** A port; true for a free one. */
  ui?: number | true;
  keepOpen?: boolean;
  json?: boolean;
  quiet?: boolean;
  color: boolean;
}

/** The value of an option that nobody gives. */
export const defaultOf = (name: SharedOption): unknown => shared[name]().defaultValue;

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

/** Settings of a Kafka that is started here; of one that is named twice, the last. */
export const brokerPropertiesOf = ({ brokerProperty }: SharedValues): Record<string, string> =>
  Object.fromEntries(brokerProperty ?? []);

/** Which Kafka is to be started here. Throws `usage` where there is none such. */
export function kafkaChoiceOf({ kafkaVersion, zookeeper = false }: SharedValues): KafkaChoice {
  checkChoice({ kafkaVersion, zookeeper });
  return { kafkaVersion, zookeeper };
}

/** For commands of many runs, of which each has a store of its own: a file in its folder, or a schema. */
export function refuseSharedStore({ store }: SharedValues): void {
  if (store === undefined || (isPostgresLocation(store) && !store.includes('schema='))) return;
  throw usageError(
    `--store ${store} is one for all runs: each has a store of its own.`,
    'Name a database without a schema: postgres://USER@HOST/DATABASE; or leave it out.',
  );
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
  // Keys and certificates are read here, so that one that is wrong is told of before anything starts.
  clientFromSettings(settings);
  return settings;
}
