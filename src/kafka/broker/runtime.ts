/**
 * What a broker runs on, Java and Kafka's jars, and the cache of what is made once for that pair: the archive of
 * loaded classes that halves the start, and a formatted folder's metadata. Both only save time: when the cache
 * cannot be written, brokers start without them.
 */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';

import { messageOf } from '../../errors.ts';
import { makeFolder } from '../../system/make-folder.ts';
import { cacheFolder, partialName, removeStalePartials } from './cache-folder.ts';
import { kafkaClasspath } from './jars.ts';
import { findJava, type Java } from './java.ts';
import type { KafkaChoice } from './versions.ts';
import type { ProgressOptions } from './maven.ts';

export interface KafkaRuntime {
  java: Java;
  kafkaVersion: string;
  /** Of the ZooKeeper that is to keep the cluster's metadata, where one is. */
  zookeeperVersion: string | undefined;
  /** CLASSPATH, in the environment rather than the arguments: it has thousands of characters. */
  env: { CLASSPATH: string };
  archiveFile: string;
  /** Whether the archive was there at the start. */
  hasArchive: boolean;
  /** The records with which a new cluster begins, as Kafka's own format command writes them. */
  bootstrapFile: string;
}

/** Throws `unavailable` or `usage`, as the finding of Java and of the jars does. */
export async function findRuntime(options: ProgressOptions & KafkaChoice): Promise<KafkaRuntime> {
  const java = await findJava(options.signal);
  const jars = await kafkaClasspath(options);
  // The virtual machine refuses an archive whose jars have another date.
  const stats = await Promise.all(jars.paths.map((path) => stat(path)));
  const identity = [
    java.build,
    ...jars.paths.map((path, i) => `${path} ${stats[i]!.size} ${stats[i]!.mtimeMs}`),
  ];
  const key = createHash('sha256').update(identity.join('\n')).digest('hex').slice(0, 12);
  // Brokers that are no controllers load other classes.
  const mode = options.zookeeper === true ? '-zookeeper' : '';
  const stem = join(cacheFolder(), `runtime-${jars.version}${mode}-java-${java.version}-${key}`);
  return {
    java,
    kafkaVersion: jars.version,
    zookeeperVersion: options.zookeeper === true ? zookeeperVersionOf(jars.paths) : undefined,
    env: { CLASSPATH: jars.paths.join(':') },
    archiveFile: `${stem}.jsa`,
    hasArchive: existsSync(`${stem}.jsa`),
    bootstrapFile: `${stem}.checkpoint`,
  };
}

const zookeeperVersionOf = (paths: readonly string[]): string | undefined =>
  paths.map((path) => /zookeeper-(\d[\d.]*)\.jar$/.exec(path)?.[1]).find(Boolean);

/** Has `make` write a file under a passing name, then puts it at `path`, for all to find whole or not at all. */
export async function addToCache(
  path: string,
  make: (partial: string) => Promise<unknown>,
  onProgress?: (line: string) => void,
): Promise<void> {
  const partial = partialName(path);
  try {
    makeFolder(cacheFolder());
    await removeStalePartials(path);
    try {
      await make(partial);
      await rename(partial, path);
    } finally {
      await rm(partial, { force: true });
    }
  } catch (error) {
    onProgress?.(`could not keep ${path}: ${messageOf(error)}`);
  }
}
