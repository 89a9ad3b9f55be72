/** The commands, their options and examples. What each does is in its own file, loaded when it is called. */
import { checkOptions, initOptions, type CheckValues } from '../options/check-options.ts';
import type { OptionEntry } from '../options/option-entry.ts';
import type { OptionName, OptionValues } from '../options/options.ts';
import type { Context } from './context.ts';
import {
  consumeOptions,
  kafkaChoiceOptions,
  kafkaOptions,
  outputOptions,
  ownKafkaOptions,
  pageOptions,
  resultOptions,
  stateOptions,
  storeOptions,
  topicOptions,
  transactionOptions,
  workloadOptions,
} from './option-groups.ts';

interface Definition {
  name: string;
  arguments?: [string, string][];
  description: string;
  examples: string[];
  options: OptionName[];
  /** Options that only this command has, or has with other values. */
  own?: Readonly<Record<string, OptionEntry>>;
  /** Replaces the usage line that commander would make of the arguments. */
  usage?: string;
  /** Its output is its only purpose: it ends when the reader of stdout has gone. */
  endsWithReader?: true;
  /** Returns the exit code. */
  act(values: OptionValues, context: Context, ...given: (string | undefined)[]): Promise<number>;
}

const runArgument: [string, string] = ['[run]', 'id of the run (default: the latest)'];

export const definitions: Definition[] = [
  {
    name: 'run',
    arguments: [['[pipeline]', "a pipeline of your config (default: nodrop's own pipeline)"]],
    description: 'publishes, consumes, stores and audits, all in one go',
    examples: [
      'nodrop run',
      'nodrop run orders',
      "nodrop run orders --config test/nodrop.config.yaml --messages 100000 --fault 'kill-process:worker@5s+3s'",
      'nodrop run --messages 100000 --states failed=1,completed=8,in-progress=1',
      'nodrop run --state-field status.code',
      "nodrop run --rate 5000 --duration 30s --threshold 'stored.p99<30ms'",
      'nodrop run --bootstrap-server localhost:9092 --json',
      'nodrop run --brokers 3 --duration 15s --fault kill-leader@5s',
      'nodrop run --kafka-version 3.9.2 --zookeeper',
      'nodrop run --security mtls',
      'nodrop run --reporter default --reporter junit=nodrop.xml',
      'nodrop run --duration 1m --ui --keep-open',
    ],
    options: [
      ...workloadOptions,
      'threshold',
      'allow',
      'other',
      'registryFraming',
      ...consumeOptions,
      'run',
      'dir',
      ...kafkaOptions,
      ...ownKafkaOptions,
      'timeout',
      'silence',
      ...pageOptions,
      ...resultOptions,
      'fault',
      'faultFile',
      'keepTopic',
      'config',
    ],
    act: async (values, context, pipeline) =>
      pipeline === undefined && values.config === undefined
        ? (await import('./run-command.ts')).runCommand(values, context)
        : (await import('./pipeline-command.ts')).pipelineCommand(values, context, pipeline),
  },
  {
    name: 'produce',
    description: 'publishes the messages of a run and records each send in its ledger',
    examples: [
      'nodrop produce --run demo --bootstrap-server 127.0.0.1:9092',
      'nodrop produce --run demo --state-header x-state --bootstrap-server 127.0.0.1:9092',
    ],
    options: [...workloadOptions, 'producer', 'run', 'dir', ...kafkaOptions, 'timeout', ...outputOptions],
    act: async (values, context) => (await import('./produce-command.ts')).produceCommand(values, context),
  },
  {
    name: 'consume',
    description: 'consumes messages and stores each by its state, until stopped',
    examples: [
      'nodrop consume --run demo --bootstrap-server 127.0.0.1:9092',
      'nodrop consume --run demo --until-drained --bootstrap-server 127.0.0.1:9092',
      'nodrop consume --run demo --ui --bootstrap-server 127.0.0.1:9092',
      'nodrop consume --run mine --topic orders --state-field status.code --other rest --bootstrap-server localhost:9092',
      'nodrop consume --run mine --topic orders --state-header x-state --bootstrap-server localhost:9092',
    ],
    options: [
      ...stateOptions,
      'other',
      'registryFraming',
      ...topicOptions,
      ...consumeOptions,
      'run',
      'dir',
      ...kafkaOptions,
      'timeout',
      ...pageOptions,
      ...outputOptions,
      'untilDrained',
    ],
    act: async (values, context) => (await import('./consume-command.ts')).consumeCommand(values, context),
  },
  {
    name: 'verify',
    arguments: [runArgument],
    description: 'audits a run again, or judges a check again from its folder',
    examples: [
      'nodrop verify',
      'nodrop verify demo --rescan --json',
      'nodrop verify demo --reporter junit=nodrop.xml',
      'nodrop verify --history producer.jsonl consumer.jsonl',
    ],
    options: [
      'dir',
      ...kafkaOptions,
      ...storeOptions,
      'threshold',
      'allow',
      'timeout',
      ...resultOptions,
      'rescan',
      'history',
    ],
    act: async (values, context, run) => {
      const { history } = values;
      if (history === undefined) {
        return (await import('./verify-command.ts')).verifyCommand(values, context, run);
      }
      const { verifyHistoryCommand } = await import('./verify-history-command.ts');
      return verifyHistoryCommand({ ...values, history }, context, run);
    },
  },
  {
    name: 'check',
    description: 'proves that the records of your topic are in your table, topic or file: it only reads',
    examples: [
      "nodrop check --bootstrap-server localhost:9092 --topic orders --id header:event-id --sink env:DATABASE_URL --query 'select event_id, status from orders' --sink-id column:event_id",
      'nodrop check --topic orders --id position --sink env:DATABASE_URL --table orders --sink-id columns:__connect_partition,__connect_offset',
      'nodrop check --topic orders --id json:order.id --sink topic:orders.enriched --sink-id json:id',
    ],
    options: ['run', 'dir', ...kafkaOptions, 'timeout', 'allow', ...resultOptions],
    own: checkOptions,
    act: async (values, context) =>
      (await import('./check-command.ts')).checkCommand(values, values as unknown as CheckValues, context),
  },
  {
    name: 'init',
    description: 'samples your topic and your table, topic or file, and proposes a check or a config',
    examples: [
      'nodrop init --bootstrap-server localhost:9092 --topic orders --sink env:DATABASE_URL --table orders',
      'nodrop init --bootstrap-server localhost:9092 --topic orders --sink sqlite:orders.db --table orders --config',
    ],
    options: [...kafkaOptions, 'timeout', ...outputOptions],
    own: initOptions,
    act: async (values, context) => (await import('./init-command.ts')).initCommand(values, context),
  },
  {
    name: 'export',
    arguments: [runArgument],
    description: "prints a run's evidence as JSON lines, for verify --history",
    examples: ['nodrop export demo > demo.jsonl'],
    endsWithReader: true,
    options: ['dir', ...storeOptions, 'color'],
    act: async (values, context, run) =>
      (await import('./export-command.ts')).exportCommand(values, context, run),
  },
  {
    name: 'messages',
    arguments: [runArgument],
    description: 'shows stored rows',
    examples: ['nodrop messages --state failed --limit 10', 'nodrop messages demo --dead-letters'],
    endsWithReader: true,
    options: ['dir', ...storeOptions, 'json', 'color', 'state', 'limit', 'deadLetters'],
    act: async (values, context, run) =>
      (await import('./messages-command.ts')).messagesCommand(values, context, run),
  },
  {
    name: 'explain',
    arguments: [
      runArgument,
      ['[id]', 'id of the message (p0-17) or its PARTITION:OFFSET (0:42); of a check, an id of yours'],
    ],
    description: 'shows what happened to one message at each hop',
    examples: ['nodrop explain p0-17', 'nodrop explain demo p0-17', 'nodrop explain demo 0:42 --json'],
    endsWithReader: true,
    options: ['dir', 'bootstrapServer', ...storeOptions, 'json', 'quiet', 'color'],
    usage: '[options] [run] <id>',
    act: async (values, context, first, second) =>
      (await import('./explain-command.ts')).explainCommand(values, context, first, second),
  },
  {
    name: 'ui',
    arguments: [['[run]', 'id of the run to show first (default: the list of runs)']],
    description: 'serves a page with the runs of a folder, live while they run',
    examples: ['nodrop ui', 'nodrop ui demo --port 8080'],
    options: ['dir', 'quiet', 'color', 'port'],
    act: async (values, context, run) => (await import('./ui-command.ts')).uiCommand(values, context, run),
  },
  {
    name: 'self-test',
    description: 'plants every kind of defect at every hop and prints which the audit caught',
    examples: ['nodrop self-test', 'nodrop self-test --seed 7 --json', 'nodrop self-test --quick'],
    options: [
      ...storeOptions,
      'kafkaVersion',
      'zookeeper',
      'security',
      'seed',
      'transactional',
      'dir',
      'timeout',
      ...outputOptions,
      'quick',
    ],
    act: async (values, context) => (await import('./self-test-command.ts')).selfTestCommand(values, context),
  },
  {
    name: 'chaos',
    arguments: [['[pipeline]', "a pipeline of your config (default: nodrop's own pipeline)"]],
    description: 'starts one run after another with a random load, safe settings and random faults',
    examples: [
      'nodrop chaos --runs 20 --seed 7',
      'nodrop chaos --brokers 3 --for 30m',
      'nodrop chaos orders --runs 10',
      'nodrop chaos --replay .nodrop/runs/chaos-7-3-5f2a/chaos.json',
    ],
    options: [
      'seed',
      ...kafkaChoiceOptions,
      ...storeOptions,
      ...transactionOptions,
      'dir',
      'timeout',
      ...resultOptions,
      'runs',
      'for',
      'replay',
      'shrinkFor',
      'config',
    ],
    act: async (values, context, pipeline) =>
      (await import('./chaos-command.ts')).chaosCommand(values, context, pipeline),
  },
  {
    name: 'faults',
    description: 'lists the faults for --fault and the expected outcome of each',
    examples: ['nodrop faults'],
    endsWithReader: true,
    options: ['json', 'color'],
    act: async (values, context) => (await import('./faults-command.ts')).faultsCommand(values, context),
  },
  {
    name: 'kafka',
    description: 'starts Kafka on this machine until Ctrl-C; its data stay in the folder of --dir',
    examples: [
      'nodrop kafka',
      'nodrop kafka --port 9092',
      'nodrop kafka --brokers 3',
      'nodrop kafka --kafka-version 3.9.2 --zookeeper',
      'nodrop kafka --security sasl-scram',
      'nodrop kafka --list',
    ],
    options: [...ownKafkaOptions, 'dir', 'timeout', ...outputOptions, 'port', 'list'],
    act: async (values, context) => {
      if (values.list === true) return (await import('./kafka-list.ts')).listKafkaVersions(values, context);
      return (await import('./kafka-command.ts')).kafkaCommand(values, context);
    },
  },
  {
    name: 'doctor',
    description: 'checks prerequisites, or a cluster, and prints how to mend what is missing',
    examples: ['nodrop doctor', 'nodrop doctor --bootstrap-server kafka.example.com:9093'],
    options: ['kafkaVersion', 'dir', ...kafkaOptions, ...topicOptions, 'timeout', 'json', 'color'],
    act: async (values, context) => (await import('./doctor-command.ts')).doctorCommand(values, context),
  },
  {
    name: 'clean',
    description: 'removes passed runs and what crashed runs left behind',
    examples: ['nodrop clean', 'nodrop clean --all --yes'],
    options: ['dir', 'color', 'all', 'yes'],
    act: async (values, context) => (await import('./clean-command.ts')).cleanCommand(values, context),
  },
];
