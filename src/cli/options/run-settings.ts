/** From options to the settings of a run: what is left out is chosen here, what cannot be is refused. */
import { randomBytes, randomInt } from 'node:crypto';
import type { ClientSettings } from '../../kafka/client/client-settings.ts';
import { usageError } from '../../errors.ts';
import { messagesMax } from '../../run-folder/manifest.ts';
import { RunFolder, topicOf } from '../../run-folder/run-folder.ts';
import type { StateRule } from '../../workload/state-rule.ts';
import { payloadBytesMin, problemOfStateField } from '../../workload/workload.ts';
import { bootstrapOf, settingsOf, type OptionValues } from './options.ts';
import { counted } from '../../text/counted.ts';

/** More than this in one batch would have to be held in memory several times over. */
const batchBytesMax = 64 * 1024 * 1024;

/** The options' values, and what the run chooses where they leave something open. */
export type RunSettings = OptionValues & {
  folder: RunFolder;
  topic: string;
  seed: number;
  /** Of all producers together; where there is a duration, at most. */
  messages: number;
  /** When to stop, where the number of messages is not known before. */
  durationMs: number | undefined;
  bootstrapServers: string | undefined;
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
    throw usageError(`--producers ${producers} cannot divide --messages ${messages} among them.`);
  }
  if (rate !== undefined && (producers * 1_000) / rate > values.timeout) {
    throw usageError(
      `--rate ${rate} leaves more than --timeout ${values.timeout}ms between two messages of a producer.`,
      'Make either greater.',
    );
  }
  if (batchSize * payloadBytes > batchBytesMax) {
    throw usageError(
      `--batch-size ${batchSize} of --payload-bytes ${payloadBytes} passes ${batchBytesMax} bytes in a batch.`,
      'Make either smaller.',
    );
  }
  const id = values.run ?? newRunId();
  return {
    ...values,
    folder: new RunFolder(values.dir, id),
    topic: values.topic ?? topicOf(id),
    seed: values.seed ?? randomInt(2 ** 32),
    messages,
    durationMs: rate === undefined ? values.duration : undefined,
    bootstrapServers: bootstrapOf(values),
    settings: settingsOf(values),
    timeoutMs: values.timeout,
  };
}

/** How many messages there are to be: by a rate and a duration, exactly; by a duration alone, at most. */
function messagesOf({ messages, rate, duration: durationMs }: OptionValues): number {
  if (durationMs === undefined) return messages;
  if (rate === undefined) return messagesMax;
  const count = Math.floor((rate * durationMs) / 1_000);
  if (count >= 1 && count <= messagesMax) return count;
  throw usageError(
    `--rate ${rate} for --duration ${durationMs}ms makes ${counted(count, 'message')}: it takes 1 to ${messagesMax}.`,
  );
}

/** By what a consumer sorts. */
export const stateRuleOf = ({ states, stateField, stateHeader, other }: OptionValues): StateRule => ({
  states: states.map(({ name }) => name),
  stateField,
  stateHeader,
  other,
});

/** Where the store is: the one given, else the run's own. */
export const storeOf = (values: OptionValues, folder: RunFolder): string => values.store ?? folder.store;

/** The address that a command needs that cannot start a Kafka of its own. */
export function neededBootstrap(values: OptionValues): string {
  const bootstrapServers = bootstrapOf(values);
  if (bootstrapServers !== undefined) return bootstrapServers;
  throw usageError(
    '--bootstrap-server is missing: which Kafka?',
    'Start one here with: nodrop kafka\nor set KAFKA_BOOTSTRAP_SERVERS.',
  );
}

/** Sorts by time, and does not meet another that begins in the same second. */
function newRunId(): string {
  const digits = new Date().toISOString().replaceAll(/\D/g, '');
  return `${digits.slice(0, 8)}-${digits.slice(8, 14)}-${randomBytes(2).toString('hex')}`;
}
