/**
 * The command that repeats a run: its options, also those from the environment, and its seed. Options that may hold a
 * secret are left out and named. Options that only say how to report are left out.
 */
import { isDeepStrictEqual } from 'node:util';
import { argumentsOf, flagOf, type OptionEntry } from './option-entry.ts';
import type { OptionValues } from './options.ts';
import { runOptions } from './run-options.ts';
import type { RunSettings } from './run-settings.ts';

export interface RunAgain {
  command: string[];
  /** Options that were given but are left out of the command, since they may hold secrets. */
  leftOut: string[];
}

/** For broker settings, which may be any. A client's secrets never come from options. */
const secretPattern = /password|passphrase|secret|jaas|credential|token|keystore/i;

/** `faults`: as arguments of `--fault`. */
export function runAgain(
  values: OptionValues,
  { seed, bootstrapServers }: RunSettings,
  faults: readonly string[],
): RunAgain {
  const isHidden = ([name]: readonly [string, string]): boolean => secretPattern.test(name);
  const properties = values.brokerProperty ?? [];
  const brokerProperty = properties.filter((pair) => !isHidden(pair));
  const asked = { ...values, seed, bootstrapServer: bootstrapServers, brokerProperty, fault: faults };
  const given = Object.entries<OptionEntry>(runOptions).flatMap(([name, entry]) => {
    const value = asked[name as keyof typeof asked];
    return isDeepStrictEqual(value, entry.default) ? [] : [{ entry, value }];
  });
  const sabotage = process.env['NODROP_SABOTAGE'];
  const command = [
    ...(sabotage ? [`NODROP_SABOTAGE=${sabotage}`] : []),
    'nodrop',
    'run',
    ...given.flatMap(({ entry, value }) => (entry.again === undefined ? argumentsOf(entry, value) : [])),
  ];
  const leftOut = [
    ...given.flatMap(({ entry }) => (entry.again === 'named' ? [flagOf(entry)] : [])),
    ...properties.filter(isHidden).map(([name]) => `--broker-property ${name}`),
  ];
  return { command, leftOut };
}
