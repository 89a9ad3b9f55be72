/** Options that several commands have together. */
import type { OptionName } from '../options/options.ts';

export const topicOptions: OptionName[] = ['topic', 'group'];
export const stateOptions: OptionName[] = ['states', 'stateField', 'stateHeader'];
export const kafkaOptions: OptionName[] = ['bootstrapServer', 'commandConfig', 'setting'];
/** For a Kafka that nodrop starts. */
export const kafkaChoiceOptions: OptionName[] = ['brokers', 'kafkaVersion', 'zookeeper', 'security'];
export const ownKafkaOptions: OptionName[] = [...kafkaChoiceOptions, 'brokerProperty'];
export const transactionOptions: OptionName[] = ['transactional', 'transactionSize', 'abortRate'];
export const workloadOptions: OptionName[] = [
  'messages',
  'duration',
  'rate',
  'batchSize',
  ...transactionOptions,
  ...stateOptions,
  'payloadBytes',
  'partitions',
  ...topicOptions,
  'seed',
  'producers',
];
export const storeOptions: OptionName[] = ['store', 'storePasswordFile'];
export const consumeOptions: OptionName[] = [...storeOptions, 'storeTimeout', 'consumers', 'skipRemoved'];
export const outputOptions: OptionName[] = ['json', 'quiet', 'color'];
export const pageOptions: OptionName[] = ['ui', 'keepOpen'];
export const resultOptions: OptionName[] = ['reporter', ...outputOptions];
