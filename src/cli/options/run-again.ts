/**
 * The command that does a run again, in words: what was asked for by options or the environment, and the seed. What
 * may hold a secret is left out and named, and what only says how to report is left out.
 */
import { isDeepStrictEqual } from 'node:util';
import { argumentsOf, flagOf, type OptionEntry } from './option-entry.ts';
import type { OptionValues } from './options.ts';
import { runOptions } from './run-options.ts';
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
