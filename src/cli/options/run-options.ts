/** The options that make a run: its stages and the command that repeats it get them as arguments, in this order. */
import { argumentSettings } from '../../kafka/client/client-settings.ts';
import { parseThreshold, type Threshold } from '../../result/thresholds.ts';
import { causes, type Cause } from '../../result/verdict.ts';
import { defaultDir } from '../../run-folder/run-folder.ts';
import { durationText } from '../../system/duration.ts';
import { kafkaOptions } from './kafka-options.ts';
import type { OptionEntry } from './option-entry.ts';
import {
  durationValue,
  parseCauses,
  parseFolder,
  parseGroup,
  parseInteger,
  parseRegistryFraming,
  parseRunId,
  parseSilence,
  parseStateField,
  parseStateHeader,
  parseStore,
  parseTopic,
} from './option-values.ts';
import { producerOptions } from './producer-options.ts';
import { categoryText, parseCategory, parseStates, statesText } from './parse-states.ts';

export const defaultStates = 'failed,completed,in-progress';
const producer = ['produce'] as const;
const consumer = ['consume'] as const;
const both = ['produce', 'consume'] as const;

export const runOptions = {
  ...producerOptions,
  consumers: {
    flags: '--consumers <n>',
    help: 'number of consumer processes in the group',
    parse: parseInteger(1, 64),
    default: 1,
    env: true,
    stages: consumer,
  },
  states: {
    flags: '--states <list>',
    help: 'states of the messages, with optional weights and tables: failed=1,in_progress:IN_PROGRESS=8',
    parse: parseStates,
    print: statesText,
    default: parseStates(defaultStates),
    defaultText: defaultStates,
    env: true,
    stages: both,
  },
  stateField: {
    flags: '--state-field <path>',
    help: 'path of the state in the JSON payload, such as status.code (default: state)',
    parse: parseStateField,
    conflicts: 'stateHeader',
    env: true,
    stages: both,
  },
  stateHeader: {
    flags: '--state-header <name>',
    help: 'header that holds the state, instead of the payload',
    parse: parseStateHeader,
    env: true,
    stages: both,
  },
  other: {
    flags: '--other <category>',
    help: 'category for unknown states (default: dead letters)',
    parse: parseCategory,
    print: categoryText,
    env: true,
    stages: consumer,
  },
  registryFraming: {
    flags: '--registry-framing <format>',
    help: "pass over a schema registry's five bytes before the JSON of a payload: json",
    parse: parseRegistryFraming,
    conflicts: 'stateHeader',
    env: true,
    stages: consumer,
  },
  seed: {
    flags: '--seed <n>',
    help: 'seed of the messages (default: a random one)',
    parse: parseInteger(0, 2 ** 32 - 1),
    env: true,
    stages: producer,
  },
  run: {
    flags: '--run <id>',
    help: 'id of the run',
    parse: parseRunId,
    env: true,
    stages: both,
    again: 'never',
  },
  topic: {
    flags: '--topic <name>',
    help: 'name of the topic (default: nodrop-RUN)',
    parse: parseTopic,
    env: true,
    stages: both,
  },
  group: {
    flags: '--group <name>',
    help: 'name of the consumer group (default: nodrop-RUN)',
    parse: parseGroup,
    env: true,
    stages: both,
  },
  store: {
    flags: '--store <location>',
    help: "sqlite:PATH or postgres://USER@HOST/DATABASE (default: store.sqlite in the run's folder)",
    parse: parseStore,
    env: true,
    stages: consumer,
  },
  dir: {
    flags: '--dir <path>',
    help: 'folder that holds the runs',
    parse: parseFolder,
    default: defaultDir,
    env: true,
    stages: both,
  },
  ...kafkaOptions,
  storePasswordFile: {
    flags: '--store-password-file <file>',
    help: "file that holds the store's password (or: PGPASSWORD, PGPASSFILE)",
    env: true,
    again: 'named',
  },
  setting: {
    flags: '-X, --setting <key=value>',
    help: `client setting; may be repeated: ${argumentSettings.join(', ')}`,
    repeatable: true,
    stages: both,
  },
  timeout: {
    flags: '--timeout <duration>',
    help: 'limit for each external wait (broker, topic, group); also limits draining after the last fault',
    ...durationValue,
    default: 60_000,
    defaultText: '60s',
    env: true,
    stages: both,
  },
  silence: {
    flags: '--silence <duration>',
    help: 'how long a stage may be silent before it counts as hung (default: --timeout, at least 10s)',
    parse: parseSilence,
    print: durationText,
    env: true,
  },
  storeTimeout: {
    flags: '--store-timeout <duration>',
    help: 'how long to wait for the store during an outage',
    ...durationValue,
    default: 60_000,
    defaultText: '60s',
    env: true,
    stages: consumer,
  },
  fault: {
    flags: '--fault <fault>',
    help: 'fault to cause, see nodrop faults; may be repeated: kill-leader@5s+3s',
    repeatable: true,
  },
  faultFile: {
    flags: '--fault-file <file>',
    help: 'JSON file of faults, such as faults.json in the folder of a run',
    again: 'never',
  },
  threshold: {
    flags: '--threshold <demand>',
    help: "performance requirement; may be repeated: 'stored.p99<30ms', 'acked.rate>=5000', 'total.time<2m'",
    parse: parseThreshold,
    print: ({ text }: Threshold) => text,
    repeatable: true,
  },
  allow: {
    flags: '--allow <causes>',
    help: `causes whose findings do not fail the run, separated by commas: ${causes.join(', ')}`,
    parse: parseCauses,
    print: (allowed: readonly Cause[]) => allowed.join(','),
  },
  keepTopic: {
    flags: '--keep-topic',
    help: 'with --bootstrap-server: do not delete topic and group after a pass',
  },
  untilDrained: {
    flags: '--until-drained',
    help: "exit when the store holds everything that the run's producers sent",
    stages: consumer,
  },
  skipRemoved: {
    flags: '--skip-removed',
    help: 'go on behind records that retention removed before a consumer read them (default: exit with 69)',
    env: true,
    stages: consumer,
  },
  quiet: { flags: '--quiet', help: 'show no progress', stages: both, again: 'never' },
} as const satisfies Record<string, OptionEntry>;
