/**
 * The command that does a run again, in words: what was asked for by options or the environment, and the seed. What
 * may hold a secret is left out and named, and what only says how to report is left out.
 */
import { durationText } from '../../system/duration.ts';
import { defaultOf, type SharedValues } from './options.ts';
import type { RunSettings } from './run-settings.ts';

export interface RunAgain {
  command: string[];
  /** The options that were given and are not in it. */
  leftOut: string[];
}

/** For a broker's settings: any may be given. A client's secret is never taken from an option. */
const secretPattern = /password|passphrase|secret|jaas|credential|token|keystore/i;

/** `faults` as they are written. */
export function runAgain(
  values: SharedValues & { keepTopic?: boolean },
  settings: RunSettings,
  faults: readonly string[],
): RunAgain {
  const isHidden = ([name]: [string, string]): boolean => secretPattern.test(name);
  const properties = values.brokerProperty ?? [];
  const sabotage = process.env['NODROP_SABOTAGE'];
  const command = [
    ...(sabotage ? [`NODROP_SABOTAGE=${sabotage}`] : []),
    'nodrop',
    'run',
    ...(values.duration === undefined
      ? changed(values, 'messages')
      : [`--duration=${durationText(values.duration)}`]),
    ...given('rate', values.rate),
    ...changed(values, 'batchSize', 'payloadBytes', 'partitions', 'producers', 'consumers'),
    ...statesOf(values),
    ...given('state-field', values.stateField),
    ...given('state-header', values.stateHeader),
    ...given('other', values.other),
    `--seed=${settings.seed}`,
    ...given('topic', values.topic),
    ...given('store', values.store),
    ...changed(values, 'dir'),
    ...given('bootstrap-server', settings.bootstrapServers),
    ...changed(values, 'brokers'),
    ...given('kafka-version', values.kafkaVersion),
    ...(values.zookeeper === true ? ['--zookeeper'] : []),
    ...properties.filter((pair) => !isHidden(pair)).map((pair) => `--broker-property=${pair.join('=')}`),
    ...(values.setting ?? []).map((pair) => `--setting=${pair}`),
    ...durations(values, 'timeout', 'storeTimeout'),
    ...faults.map((text) => `--fault=${text}`),
    ...(values.threshold ?? []).map(({ text }) => `--threshold=${text}`),
    ...given('allow', values.allow?.join(',')),
    ...(values.keepTopic === true ? ['--keep-topic'] : []),
  ];
  const leftOut = [
    ...(values.commandConfig === undefined ? [] : ['--command-config']),
    ...(values.storePasswordFile === undefined ? [] : ['--store-password-file']),
    ...properties.filter(isHidden).map(([name]) => `--broker-property ${name}`),
  ];
  return { command, leftOut };
}

const given = (option: string, value: string | number | undefined): string[] =>
  value === undefined ? [] : [`--${option}=${value}`];

const kebab = (name: string): string => name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

type Counted = 'batchSize' | 'payloadBytes' | 'partitions' | 'producers' | 'consumers' | 'brokers';

const changed = (values: SharedValues, ...names: (Counted | 'messages' | 'dir')[]): string[] =>
  names.flatMap((name) => (values[name] === defaultOf(name) ? [] : [`--${kebab(name)}=${values[name]}`]));

const durations = (values: SharedValues, ...names: ('timeout' | 'storeTimeout')[]): string[] =>
  names.flatMap((name) =>
    values[name] === defaultOf(name) ? [] : [`--${kebab(name)}=${durationText(values[name])}`],
  );

function statesOf({ states }: SharedValues): string[] {
  const text = states.map(({ name, weight }) => (weight === 1 ? name : `${name}=${weight}`)).join(',');
  const usual = defaultOf('states') as SharedValues['states'];
  const isUsual = states.length === usual.length && text === usual.map(({ name }) => name).join(',');
  return isUsual ? [] : [`--states=${text}`];
}
