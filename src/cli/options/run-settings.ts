/** Makes the settings of a run from options: chooses values for those left out, and refuses what is impossible. */
import { randomInt } from 'node:crypto';
import { transactionTimeoutMs, type ClientSettings } from '../../kafka/client/client-settings.ts';
import { usageError } from '../../errors.ts';
import { messagesMax } from '../../run-folder/manifest.ts';
import { newRunId, RunFolder, topicOf } from '../../run-folder/run-folder.ts';
import type { StateRule } from '../../workload/state-rule.ts';
import type { TransactionOptions } from '../../workload/transaction-plan.ts';
import { payloadBytesMin, problemOfStateField } from '../../workload/workload.ts';
import { addressOf, settingsOf, type OptionValues } from './options.ts';
import { problemOfTables } from './parse-states.ts';
import { counted } from '../../text/counted.ts';

/** A larger batch would be in memory several times over. */
const batchBytesMax = 64 * 1024 * 1024;

/** The options' values, and values for those left out. */
export type RunSettings = OptionValues & {
  folder: RunFolder;
  topic: string;
  seed: number;
  /** All producers together; an upper bound if there is a duration. */
  messages: number;
  /** When to stop if the number of messages is not known in advance. */
  durationMs: number | undefined;
  bootstrapServers: string | undefined;
  /** Set if the messages go in transactions. */
  transactions: TransactionOptions | undefined;
  settings: ClientSettings;
  timeoutMs: number;
};

/** The settings of a run that publishes. */
export function runSettings(values: OptionValues): RunSettings {
  const { producers, batchSize, states, stateField, payloadBytes, rate } = values;
  const messages = messagesOf(values);
  const problem = stateField === undefined ? undefined : problemOfStateField(stateField);
  if (problem !== undefined) {
    throw usageError(`Messages that nodrop publishes cannot carry their state at ${stateField}: ${problem}.`);
  }
  const bytesMin = payloadBytesMin(states, producers, messages, values);
  if (payloadBytes < bytesMin) {
    throw usageError(
      `--payload-bytes ${payloadBytes} is too small: the fields of these messages take ${bytesMin} bytes.`,
    );
  }
  if (producers > messages) {
    throw usageError(
      `--producers ${producers} is more than --messages ${messages}: each producer needs a message.`,
    );
  }
  if (rate !== undefined && (producers * 1_000) / rate > values.timeout) {
    throw usageError(
      `--rate ${rate} leaves more than --timeout ${values.timeout}ms between two messages of a producer.`,
      'Increase one of them.',
    );
  }
  if (batchSize * payloadBytes > batchBytesMax) {
    throw usageError(
      `--batch-size ${batchSize} with --payload-bytes ${payloadBytes} makes batches of more than ${batchBytesMax} bytes.`,
      'Reduce one of them.',
    );
  }
  const settings = settingsOf(values);
  const id = values.run ?? newRunId();
  return {
    ...values,
    folder: new RunFolder(values.dir, id),
    topic: values.topic ?? topicOf(id),
    seed: values.seed ?? randomInt(2 ** 32),
    messages,
    durationMs: rate === undefined ? values.duration : undefined,
    bootstrapServers: addressOf(values, settings),
    transactions: transactionsOf(values, settings),
    settings,
    timeoutMs: values.timeout,
  };
}

function transactionsOf(values: OptionValues, settings: ClientSettings): TransactionOptions | undefined {
  const { transactional, transactionSize, abortRate, batchSize, rate, producers } = values;
  if (transactional !== true) {
    const left = transactionSize !== undefined ? '--transaction-size' : abortRate && '--abort-rate';
    if (left) throw usageError(`${left} needs --transactional.`);
    return undefined;
  }
  const acks = settings.acks ?? 'all';
  if (!['all', '-1'].includes(acks)) throw usageError(`--transactional needs acks=all, not acks=${acks}.`);
  if (settings['enable.idempotence'] === 'false') {
    throw usageError('--transactional needs enable.idempotence=true.', 'Leave out -X enable.idempotence.');
  }
  const size = transactionSize ?? batchSize;
  const lastsMs = rate === undefined ? 0 : (1_000 * size * producers) / rate;
  const limitMs = transactionTimeoutMs(settings);
  if (lastsMs > limitMs) {
    throw usageError(
      `At --rate ${rate}, a transaction of ${size} messages takes ${Math.ceil(lastsMs)} ms, and Kafka aborts it after transaction.timeout.ms=${limitMs}.`,
      'Reduce --transaction-size, or increase -X transaction.timeout.ms.',
    );
  }
  return { size, abortRate: abortRate ?? 0 };
}

/** The number of messages: exact for a rate and a duration, an upper bound for a duration alone. */
function messagesOf({ messages, rate, duration: durationMs }: OptionValues): number {
  if (durationMs === undefined) return messages;
  if (rate === undefined) return messagesMax;
  const count = Math.floor((rate * durationMs) / 1_000);
  if (count >= 1 && count <= messagesMax) return count;
  throw usageError(
    `--rate ${rate} for --duration ${durationMs}ms makes ${counted(count, 'message')}: a run has 1 to ${messagesMax}.`,
  );
}

/** The rule by which a consumer sorts. */
export const stateRuleOf = ({
  states,
  stateField,
  stateHeader,
  other,
  registryFraming,
}: OptionValues): StateRule => ({
  states: states.map(({ name }) => name),
  stateField,
  stateHeader,
  other: other?.name,
  registryFraming,
});

/** The tables that the user named, by category. Throws `usage` if two categories were to share one. */
export function namedTablesOf({ states, other }: OptionValues): Map<string, string> {
  const known = states.find(({ name }) => name === other?.name);
  if (other?.table !== undefined && known !== undefined && known.table !== other.table) {
    throw usageError(`--other names the table ${other.table} for '${other.name}', and --states does not.`);
  }
  const categories = known === undefined && other !== undefined ? [...states, other] : states;
  const problem = problemOfTables(categories);
  if (problem !== undefined) throw usageError(`--states and --other: ${problem}`);
  return new Map(categories.flatMap(({ name, table }) => (table === undefined ? [] : [[name, table]])));
}

/** The location of the store: the given one, otherwise the run's own. */
export const storeOf = (values: OptionValues, folder: RunFolder): string => values.store ?? folder.store;

/** For commands that cannot start a Kafka. Throws `usage` if no address is given. */
export function neededBootstrap(values: OptionValues, settings: ClientSettings): string {
  const bootstrapServers = addressOf(values, settings);
  if (bootstrapServers !== undefined) return bootstrapServers;
  throw usageError(
    '--bootstrap-server is missing: this command needs a running Kafka.',
    'Start one here with: nodrop kafka\nor set KAFKA_BOOTSTRAP_SERVERS, or bootstrap.servers in the file of --command-config.',
  );
}
