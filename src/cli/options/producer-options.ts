/** The options of a run that its producers alone get, in the order in which they get them. */
import { messagesMax, payloadBytesMax } from '../../run-folder/manifest.ts';
import type { OptionEntry } from './option-entry.ts';
import { durationValue, parseInteger, parseRate, parseShare } from './option-values.ts';

const producer = ['produce'] as const;

export const producerOptions = {
  messages: {
    flags: '--messages <n>',
    help: 'how many messages to publish',
    parse: parseInteger(1, messagesMax),
    default: 1000,
    env: true,
    stages: producer,
  },
  duration: {
    flags: '--duration <duration>',
    help: 'how long to publish, instead of --messages',
    ...durationValue,
    conflicts: 'messages',
    env: true,
    stages: producer,
  },
  rate: {
    flags: '--rate <n>',
    help: 'messages per second, all producers together (default: as fast as possible)',
    parse: parseRate,
    env: true,
    stages: producer,
  },
  batchSize: {
    flags: '--batch-size <n>',
    help: 'messages per batch',
    parse: parseInteger(1, 100_000),
    default: 100,
    env: true,
    stages: producer,
  },
  transactional: {
    flags: '--transactional',
    help: 'publish in transactions, each across all partitions',
    stages: producer,
  },
  transactionSize: {
    flags: '--transaction-size <n>',
    help: 'with --transactional: messages per transaction (default: --batch-size)',
    parse: parseInteger(1, 1_000_000),
    env: true,
    stages: producer,
  },
  abortRate: {
    flags: '--abort-rate <share>',
    help: 'with --transactional: share of transactions to abort on purpose, from 0 to 1 (default: 0)',
    parse: parseShare,
    env: true,
    stages: producer,
  },
  payloadBytes: {
    flags: '--payload-bytes <n>',
    help: 'size of each payload, in bytes',
    parse: parseInteger(1, payloadBytesMax),
    default: 200,
    env: true,
    stages: producer,
  },
  partitions: {
    flags: '--partitions <n>',
    help: 'number of partitions, if nodrop creates the topic',
    parse: parseInteger(1, 10_000),
    default: 3,
    env: true,
    stages: producer,
  },
  producers: {
    flags: '--producers <n>',
    help: 'number of producer processes, which share the messages',
    parse: parseInteger(1, 64),
    default: 1,
    env: true,
    stages: producer,
  },
  // The index of this producer among those that `--producers` starts.
  producer: { flags: '--producer <index>', parse: parseInteger(0, 63), hidden: true, stages: producer },
} as const satisfies Record<string, OptionEntry>;
