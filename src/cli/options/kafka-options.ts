/** The options that say which Kafka a run uses, and how. */
import { defaultVersion, versionNames } from '../../kafka/broker/versions.ts';
import { securityKinds } from '../../kafka/broker/security-kind.ts';
import type { OptionEntry } from './option-entry.ts';
import { parseBootstrap, parseBrokerProperty, parseInteger, parseSecurity } from './option-values.ts';

/** Each broker takes a second of processor time to start, and half a gigabyte of memory. */
const brokersMax = 9;
const both = ['produce', 'consume'] as const;

export const kafkaOptions = {
  bootstrapServer: {
    flags: '--bootstrap-server <host:port>',
    help: 'address of the Kafka to use (environment: also KAFKA_BOOTSTRAP_SERVERS)',
    parse: parseBootstrap,
    env: true,
  },
  brokers: {
    flags: '--brokers <n>',
    help: 'number of brokers to start',
    parse: parseInteger(1, brokersMax),
    default: 1,
    env: true,
  },
  kafkaVersion: {
    flags: '--kafka-version <version>',
    help: `version of the Kafka to start: ${versionNames()} (default: ${defaultVersion})`,
    env: true,
  },
  zookeeper: {
    flags: '--zookeeper',
    help: 'with --kafka-version 3.9.2: start it with ZooKeeper instead of KRaft',
  },
  security: {
    flags: '--security <kind>',
    help: `how to secure the Kafka to start: ${securityKinds.join(', ')} (default: not at all)`,
    parse: parseSecurity,
    env: true,
  },
  brokerProperty: {
    flags: '--broker-property <key=value>',
    help: 'broker setting of the Kafka to start; may be repeated: unclean.leader.election.enable=true',
    parse: parseBrokerProperty,
    print: (pair: readonly string[]) => pair.join('='),
    repeatable: true,
  },
  commandConfig: {
    flags: '--command-config <file>',
    help: 'file of client settings, including secrets',
    env: true,
    stages: both,
    again: 'named',
  },
} as const satisfies Record<string, OptionEntry>;
