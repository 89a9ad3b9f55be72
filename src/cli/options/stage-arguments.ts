/** The stages are the commands that a user runs by hand, so they get their settings as options. */
import { topicOf, type RunFolder } from '../../run-folder/run-folder.ts';
import type { SharedValues } from './options.ts';
import { storeOf, type RunSettings } from './run-settings.ts';

/** For one of the producers. */
export const produceArguments = (values: SharedValues, settings: RunSettings, producer: number): string[] => [
  'produce',
  `--producers=${settings.producers}`,
  `--producer=${producer}`,
  settings.durationMs === undefined
    ? `--messages=${settings.messages}`
    : `--duration=${settings.durationMs}ms`,
  ...(settings.rate === undefined ? [] : [`--rate=${settings.rate}`]),
  `--batch-size=${settings.batchSize}`,
  `--payload-bytes=${settings.payloadBytes}`,
  `--partitions=${settings.partitions}`,
  `--seed=${settings.seed}`,
  ...commonArguments(values, settings.folder),
];

/** For one consumer, whatever their number. */
export const consumeArguments = (
  values: SharedValues & { untilDrained?: boolean },
  folder: RunFolder,
): string[] => [
  'consume',
  `--store=${storeOf(values, folder)}`,
  `--store-timeout=${values.storeTimeout}ms`,
  '--consumers=1',
  ...(values.other === undefined ? [] : [`--other=${values.other}`]),
  ...(values.untilDrained === true ? ['--until-drained'] : []),
  ...commonArguments(values, folder),
];

const commonArguments = (values: SharedValues, folder: RunFolder): string[] => [
  `--run=${folder.id}`,
  `--dir=${values.dir}`,
  `--topic=${values.topic ?? topicOf(folder.id)}`,
  `--states=${values.states.map(({ name, weight }) => `${name}=${weight}`).join(',')}`,
  ...(values.stateField === undefined ? [] : [`--state-field=${values.stateField}`]),
  ...(values.stateHeader === undefined ? [] : [`--state-header=${values.stateHeader}`]),
  `--timeout=${values.timeout}ms`,
  ...(values.commandConfig === undefined ? [] : [`--command-config=${values.commandConfig}`]),
  ...(values.setting ?? []).map((pair) => `--setting=${pair}`),
  '--quiet',
];
