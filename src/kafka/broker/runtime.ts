/**
 * The runtime of a broker: Java, Kafka's jars, and two files that nodrop caches per combination of both: the archive of
 * loaded classes, which halves the start time, and the metadata of a formatted folder. Both only save time: if the
 * cache cannot be written, brokers start without them.
 */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';

import { messageOf } from '../../errors.ts';
import { makeFolder } from '../../system/make-folder.ts';
import { cacheFolder, partialName, removeStalePartials } from './cache-folder.ts';
import { kafkaClasspath } from './jars.ts';
import { findJava, javaEnvironment, type Java } from './java.ts';
import type { KafkaChoice } from './versions.ts';
import type { ProgressOptions } from './maven.ts';

export interface KafkaRuntime {
  java: Java;
  kafkaVersion: string;
  /** The version of the ZooKeeper that keeps the cluster's metadata; undefined without ZooKeeper. */
  zookeeperVersion: string | undefined;
  /** CLASSPATH is in the environment rather than in the arguments because it has thousands of characters. */
  env: { CLASSPATH: string; LC_ALL: string };
  archiveFile: string;
  /** Whether the archive existed when the runtime was found. */
  hasArchive: boolean;
  /** The first records of a new cluster, as Kafka's own format command writes them. */
  bootstrapFile: string;
}

/** Throws the errors of `findJava` and `kafkaClasspath`. */
export async function findRuntime(options: ProgressOptions & KafkaChoice): Promise<KafkaRuntime> {
  const java = await findJava(options.signal);
  const jars = await kafkaClasspath(options);
  // The virtual machine refuses an archive if the jars' dates have changed.
  const stats = await Promise.all(jars.paths.map((path) => stat(path)));
  const identity = [
    java.build,
    ...jars.paths.map((path, i) => `${path} ${stats[i]!.size} ${stats[i]!.mtimeMs}`),
  ];
  const key = createHash('sha256').update(identity.join('\n')).digest('hex').slice(0, 12);
  // Brokers that are not controllers load other classes.
  const mode = options.zookeeper === true ? '-zookeeper' : '';
  const stem = join(cacheFolder(), `runtime-${jars.version}${mode}-java-${java.version}-${key}`);
  return {
    java,
    kafkaVersion: jars.version,
    zookeeperVersion: options.zookeeper === true ? zookeeperVersionOf(jars.paths) : undefined,
    env: { ...javaEnvironment, CLASSPATH: jars.paths.join(':') },
    archiveFile: `${stem}.jsa`,
    hasArchive: existsSync(`${stem}.jsa`),
    bootstrapFile: `${stem}.checkpoint`,
  };
}

const zookeeperVersionOf = (paths: readonly string[]): string | undefined =>
  paths.map((path) => /zookeeper-(\d[\d.]*)\.jar$/.exec(path)?.[1]).find(Boolean);

/** Lets `make` write a temporary file, then renames it to `path`: other processes find it whole or not at all. */
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
