import { exitCodes } from '../../errors.ts';
import { jsonText } from '../../text/json-text.ts';
import { kafkaCacheState } from '../../kafka/broker/jars.ts';
import { defaultVersion, pinnedVersions } from '../../kafka/broker/versions.ts';
import type { Context } from './context.ts';
import type { OptionValues } from '../options/options.ts';

/** `nodrop kafka --list`: fetches and starts nothing. */
export async function listKafkaVersions({ json }: OptionValues, { terminal }: Context): Promise<number> {
  const versions = await Promise.all(
    pinnedVersions.map(async ({ version, hasZooKeeper }) => ({
      version,
      modes: hasZooKeeper ? ['KRaft', 'ZooKeeper'] : ['KRaft'],
      isDefault: version === defaultVersion,
      isCached: (await kafkaCacheState(version)).present,
    })),
  );
  if (json === true) {
    terminal.printDocument(jsonText(versions));
    return exitCodes.pass;
  }
  terminal.print(row('version', 'mode', '', 'jars'));
  for (const { version, modes, isDefault, isCached } of versions) {
    const jars = isCached ? 'in the cache' : 'fetched at its first start';
    terminal.print(row(version, modes.join(' or '), isDefault ? 'default' : '', jars));
  }
  if (process.env['KAFKA_HOME']) terminal.note('KAFKA_HOME is set: the Kafka there is started instead.');
  return exitCodes.pass;
}

const row = (version: string, mode: string, isDefault: string, jars: string): string =>
  `${version.padEnd(9)}${mode.padEnd(20)}${isDefault.padEnd(9)}${jars}`;
