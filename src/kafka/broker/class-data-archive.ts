/**
 * The Java virtual machine's archive of loaded classes, which halves a broker's start. The first broker of a Kafka
 * and Java version writes it when it ends, since that delays nobody's first result; all later ones use it.
 */
import { existsSync } from 'node:fs';
import { copyFile, rm } from 'node:fs/promises';
import { join } from 'node:path';

import type { ProgressOptions } from './maven.ts';
import { addToCache, type KafkaRuntime } from './runtime.ts';

/** 128 and SIGTERM: how Java ends when it is asked to. Ended otherwise, it may have written half of the file. */
const terminatedCode = 143;
const newArchive = (dir: string) => join(dir, 'classes.jsa');

/** Java's arguments to use the archive, if there is one. With `-Xshare:auto`, one that does not fit is passed over. */
export const archiveOf = ({ hasArchive, archiveFile }: KafkaRuntime): string[] =>
  hasArchive ? [`-XX:SharedArchiveFile=${archiveFile}`, '-Xshare:auto'] : [];

/** To use the archive, or to write it at the end. */
export const archiveArguments = (dir: string, runtime: KafkaRuntime): string[] =>
  runtime.hasArchive
    ? archiveOf(runtime)
    : [`-XX:ArchiveClassesAtExit=${newArchive(dir)}`, '-Xlog:cds=error'];

/** Moves what the broker in `dir` has written to the cache. Copied, as the cache may be on another disk. */
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
