/** Starts Kafka on the data of a broker that a crash ended, so that the audit can read them. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { unavailableError } from '../../errors.ts';
import { parseProperties } from '../client/parse-properties.ts';
import { foldersIn, foldersOf, zookeeperFolderOf } from './broker-folders.ts';
import { isSecuredProperty, securityOf } from './secured-settings.ts';
import { startKafka, type RunningKafka, type StartKafkaOptions } from './start-kafka.ts';
import { regularFile } from '../../system/regular-file.ts';

const weekMs = 7 * 24 * 3_600_000;

/** Kafka must not remove any of the evidence, however old it is. */
const keepAll: Readonly<Record<string, string>> = {
  'log.retention.ms': '-1',
  'log.retention.bytes': '-1',
  // Topics may have their own limits.
  'log.retention.check.interval.ms': String(weekMs),
  'log.cleaner.enable': 'false',
  'offsets.retention.check.interval.ms': String(weekMs),
};

/** Settings that differ at each start, or between brokers. */
const madeAnew =
  /^(listeners|advertised\.listeners|listener\.security\.protocol\.map|inter\.broker\.listener\.name|controller\..+|node\.id|broker\.id|process\.roles|zookeeper\.connect|log\.dirs)$/;

/** Throws `unavailable` if the folder lacks a broker's data, and the errors of `startKafka`. */
export async function restartKafka(
  dir: string,
  options: Pick<StartKafkaOptions, 'onProgress' | 'signal' | 'timeoutMs'>,
): Promise<RunningKafka> {
  const brokers = Math.max(1, foldersIn(dir).filter((folder) => /broker-\d+$/.test(folder)).length);
  const folders = foldersOf(dir, brokers);
  const empty = folders.find((folder) => !existsSync(join(folder, 'data', 'meta.properties')));
  if (empty !== undefined) throw unavailableError(`${empty} holds no data of a broker.`);
  const properties = propertiesOf(folders[0]!);
  const security = securityOf(properties);
  const isKept = ([name]: [string, string]): boolean => security === undefined || !isSecuredProperty(name);
  return await startKafka({
    ...options,
    security,
    dir,
    brokers,
    ...(existsSync(zookeeperFolderOf(dir)) && { zookeeper: true }),
    kafkaVersion: versionOf(folders[0]!),
    properties: { ...Object.fromEntries(Object.entries(properties).filter(isKept)), ...keepAll },
  });
}

/** The version that the broker logged; undefined if KAFKA_HOME is set, because that has only one version. */
function versionOf(folder: string): string | undefined {
  if (process.env['KAFKA_HOME']) return undefined;
  return /Kafka version: (\S+)/.exec(read(join(folder, 'broker.log')))?.[1];
}

/** The broker's settings, including the user's: their limits for topics are evidence. */
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
