/**
 * The Java virtual machine's archive of loaded classes, which halves a broker's start time. The first broker of a Kafka
 * and Java version writes the archive when it stops, so that writing does not delay the first result. Later brokers use
 * the archive.
 */
import { existsSync } from 'node:fs';
import { copyFile, rm } from 'node:fs/promises';
import { join } from 'node:path';

import type { ProgressOptions } from './maven.ts';
import { addToCache, type KafkaRuntime } from './runtime.ts';

/** 128 plus SIGTERM: Java's exit code after a clean stop. After any other end, the file may be incomplete. */
const terminatedCode = 143;
const newArchive = (dir: string) => join(dir, 'classes.jsa');

/**
 * Java's arguments to use the archive, if there is one. With `-Xshare:auto`, Java ignores an archive that does not fit.
 */
export const archiveOf = ({ hasArchive, archiveFile }: KafkaRuntime): string[] =>
  hasArchive ? [`-XX:SharedArchiveFile=${archiveFile}`, '-Xshare:auto'] : [];

/** Java's arguments to use the archive, or to write it at the end. */
export const archiveArguments = (dir: string, runtime: KafkaRuntime): string[] =>
  runtime.hasArchive
    ? archiveOf(runtime)
    : [`-XX:ArchiveClassesAtExit=${newArchive(dir)}`, '-Xlog:cds=error'];

/** Moves the archive of the broker in `dir` to the cache, by copying: the cache may be on another disk. */
export async function keepArchive(
  dir: string,
  exitCode: number,
  runtime: KafkaRuntime,
  options: ProgressOptions,
): Promise<void> {
  const made = newArchive(dir);
  if (exitCode === terminatedCode && existsSync(made)) {
    await addToCache(runtime.archiveFile, (partial) => copyFile(made, partial), options.onProgress);
  }
  await rm(made, { force: true });
}
