/** Starts Kafka again on what a folder holds, to read it: a broker that a crash took along, with the data that it left. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { unavailableError } from '../../errors.ts';
import { parseProperties } from '../client/parse-properties.ts';
import { foldersIn, foldersOf, zookeeperFolderOf } from './broker-folders.ts';
import { startKafka, type RunningKafka, type StartKafkaOptions } from './start-kafka.ts';
import { regularFile } from '../../system/regular-file.ts';

const weekMs = 7 * 24 * 3_600_000;

/** Nothing is to be removed of what somebody wants to look at, however old it is. */
const keepAll: Readonly<Record<string, string>> = {
  'log.retention.ms': '-1',
  'log.retention.bytes': '-1',
  // Topics may have limits of their own.
  'log.retention.check.interval.ms': String(weekMs),
  'log.cleaner.enable': 'false',
  'offsets.retention.check.interval.ms': String(weekMs),
};

/** What differs at each start, or from broker to broker. */
const madeAnew =
  /^(listeners|advertised\.listeners|listener\.security\.protocol\.map|inter\.broker\.listener\.name|controller\..+|node\.id|broker\.id|process\.roles|zookeeper\.connect|log\.dirs)$/;

/** Throws `unavailable` where the folder lacks the data of a broker, or `usage` or `unavailable` as any start does. */
export async function restartKafka(
  dir: string,
  options: Pick<StartKafkaOptions, 'onProgress' | 'signal' | 'timeoutMs'>,
): Promise<RunningKafka> {
  const brokers = Math.max(1, foldersIn(dir).filter((folder) => /broker-\d+$/.test(folder)).length);
  const folders = foldersOf(dir, brokers);
  const empty = folders.find((folder) => !existsSync(join(folder, 'data', 'meta.properties')));
  if (empty !== undefined) throw unavailableError(`There are no data of a broker in ${empty}.`);
  return await startKafka({
    ...options,
    dir,
    brokers,
    ...(existsSync(zookeeperFolderOf(dir)) && { zookeeper: true }),
    kafkaVersion: versionOf(folders[0]!),
    properties: { ...propertiesOf(folders[0]!), ...keepAll },
  });
}

/** As the broker said itself; KAFKA_HOME has one version alone. */
function versionOf(folder: string): string | undefined {
  if (process.env['KAFKA_HOME']) return undefined;
  return /Kafka version: (\S+)/.exec(read(join(folder, 'broker.log')))?.[1];
}

/** Settings that somebody gave it among them: what they say of topics is evidence. */
function propertiesOf(folder: string): Record<string, string> {
  const path = join(folder, 'server.properties');
  const properties = parseProperties(read(path), path).filter(({ name }) => !madeAnew.test(name));
  return Object.fromEntries(properties.map(({ name, value }) => [name, value]));
}

function read(path: string): string {
  try {
    return readFileSync(regularFile(path), 'latin1');
  } catch (error) {
    throw unavailableError(`${path} cannot be read.`, { cause: error });
  }
}
