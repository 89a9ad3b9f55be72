/** Kafka's jars: from `KAFKA_HOME`, otherwise from the cache, which Maven fills once; each is pinned by its SHA-256. */
import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { unavailableError, usageError } from '../../errors.ts';
import { makeFolder } from '../../system/make-folder.ts';
import { folderLeftText, removeOwn } from '../../system/removal.ts';
import { cacheFolder, jarFiles, partialName, removeStalePartials } from './cache-folder.ts';
import { checkChoice, defaultVersion, type KafkaChoice } from './versions.ts';
import { copyJars, type ProgressOptions } from './maven.ts';

const pinFolder = new URL('../../../kafka/', import.meta.url);
/** A file in the cached folder, written after the check of the hashes: file name to size in bytes. */
const sizesName = 'sizes.json';
const kafkaJar = /^kafka_2\.13-(.+)\.jar$/;
const kafkaMajorMin = 4;
const pinDigits = 8;

export interface KafkaJars {
  /** For example `4.3.1`. */
  version: string;
  /** Absolute paths, in a stable order. */
  paths: string[];
}

/**
 * Throws `usage` if KAFKA_HOME has no Kafka 4 or the version is not pinned, `unavailable` if Maven cannot get the jars.
 */
export async function kafkaClasspath(options: ProgressOptions & KafkaChoice = {}): Promise<KafkaJars> {
  checkChoice(options);
  const home = process.env['KAFKA_HOME'];
  if (home) {
    refuseColon('KAFKA_HOME', home);
    return jarsOfHome(home);
  }
  const version = options.kafkaVersion ?? defaultVersion;
  const { folder, pom, sums } = await pinnedJars(version);
  refuseColon('The cache', folder);
  if (!(await isComplete(folder, sums))) {
    options.onProgress?.(`getting Apache Kafka ${version} with Maven, once (some 45 MB)`);
    await install(folder, pom, sums, options);
  }
  return { version, paths: [...sums.keys()].map((name) => join(folder, name)) };
}

/** Java's class path has colons between its entries. */
function refuseColon(what: string, folder: string): void {
  if (!folder.includes(':')) return;
  throw usageError(
    `${what} (${folder}) has a colon in its path, and Java's class path cannot hold that.`,
    what === 'KAFKA_HOME' ? 'Move Kafka to another folder.' : 'Name another folder with NODROP_CACHE.',
  );
}

/** The folder of a pinned version's jars, which need not exist, and whether it has all jars. */
export async function kafkaCacheState(
  version = defaultVersion,
): Promise<{ path: string; present: boolean; bytes: number }> {
  const { folder, sums } = await pinnedJars(version);
  const present = await isComplete(folder, sums);
  const sizes = present ? Object.values(await readSizes(folder)) : [];
  return { path: folder, present, bytes: sizes.reduce((sum, bytes) => sum + bytes, 0) };
}

async function jarsOfHome(home: string): Promise<KafkaJars> {
  const libs = join(home, 'libs');
  const names = (await unlessMissing(readdir(libs), [])).filter((name) => name.endsWith('.jar')).sort();
  const version = versionOf(names);
  if (version === undefined || Number.parseInt(version, 10) < kafkaMajorMin) {
    const found = version === undefined ? 'has no Kafka in its libs folder' : `is Kafka ${version}`;
    throw usageError(
      `KAFKA_HOME (${home}) ${found}.`,
      `Set it to an unpacked Apache Kafka ${kafkaMajorMin} or newer, or unset it.`,
    );
  }
  return { version, paths: names.map((name) => join(libs, name)) };
}

const versionOf = (names: readonly string[]) => names.map((name) => kafkaJar.exec(name)?.[1]).find(Boolean);

/** `sums`: SHA-256 by file name, from a file in the format of `sha256sum`. */
async function pinnedJars(
  version: string,
): Promise<{ folder: string; pom: string; sums: Map<string, string> }> {
  const pins = fileURLToPath(new URL(version, pinFolder));
  const text = await readFile(join(pins, 'SHA256SUMS'), 'utf8');
  const lines = text.trimEnd().split('\n');
  const sums = new Map(lines.map((line) => [line.slice(66), line.slice(0, 64)]));
  return { folder: await cachedFolder(version, text, sums), pom: join(pins, 'pom.xml'), sums };
}

/**
 * Two versions of nodrop may pin different jars for one Kafka, and share the cache: so the folder's name tells the jars.
 * Earlier versions named it after Kafka's version alone, and its jars are used if they are the same.
 */
async function cachedFolder(version: string, text: string, sums: Map<string, string>): Promise<string> {
  const earlier = join(cacheFolder(), `kafka-${version}`);
  if (await isComplete(earlier, sums)) return earlier;
  return `${earlier}-${createHash('sha256').update(text).digest('hex').slice(0, pinDigits)}`;
}

/** Compares sizes: hashing all jars takes 0.15 s, so nodrop does that only when it installs them. */
async function isComplete(folder: string, sums: Map<string, string>): Promise<boolean> {
  const sizes = await readSizes(folder);
  if (Object.keys(sizes).length !== sums.size) return false;
  const matches = [...sums.keys()].map(async (name) => {
    const file = await unlessMissing(stat(join(folder, name)), undefined);
    return file !== undefined && file.size === sizes[name];
  });
  return (await Promise.all(matches)).every(Boolean);
}

async function readSizes(folder: string): Promise<Record<string, number>> {
  return JSON.parse(await unlessMissing(readFile(join(folder, sizesName), 'utf8'), '{}'));
}

async function install(
  folder: string,
  pom: string,
  sums: Map<string, string>,
  options: ProgressOptions,
): Promise<void> {
  // The present folder is damaged, or another process is creating it right now. In both cases ours replaces it.
  const partial = partialName(folder);
  makeFolder(dirname(folder));
  await removeStalePartials(folder);
  await removeDamaged(folder, sums);
  await mkdir(partial, { mode: 0o700 });
  try {
    await copyJars(pom, partial, options);
    const sizes = await verifyJars(partial, sums);
    await writeFile(join(partial, sizesName), JSON.stringify(sizes));
    await rename(partial, folder);
  } catch (error) {
    // Another process was faster: its jars have passed the same check.
    if (!['ENOTEMPTY', 'EEXIST'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
  } finally {
    removeOwn(partial, jarFiles);
  }
}

/** Throws if the folder holds other files: the user may have put another Kafka there. */
async function removeDamaged(folder: string, sums: Map<string, string>): Promise<void> {
  const isOwn = (name: string): boolean => sums.has(name) || name === sizesName;
  const foreign = (await unlessMissing(readdir(folder), [])).filter((name) => !isOwn(name));
  const left = foreign.length > 0 ? foreign : removeOwn(folder, { files: { test: isOwn } });
  if (left.length === 0) return;
  throw unavailableError(`Kafka's jars cannot be kept. ${folderLeftText(folder, left)}`, {
    hint: 'Or name another folder with NODROP_CACHE.',
  });
}

/** The jars' sizes in bytes, if each jar is the pinned one. Throws `unavailable` that names the first other jar. */
export async function verifyJars(folder: string, sums: Map<string, string>): Promise<Record<string, number>> {
  const sizes: Record<string, number> = {};
  for (const [name, sum] of sums) {
    const bytes = await unlessMissing(readFile(join(folder, name)), undefined);
    if (bytes === undefined) throw unavailableError(`Maven did not deliver ${name}.`);
    if (createHash('sha256').update(bytes).digest('hex') !== sum) {
      throw unavailableError(`${name} is not the file that nodrop pins: its SHA-256 differs.`, {
        hint: "Remove it from Maven's local repository, and check the mirror that it came from.",
      });
    }
    sizes[name] = bytes.length;
  }
  return sizes;
}

async function unlessMissing<T, U>(reading: Promise<T>, otherwise: U): Promise<T | U> {
  try {
    return await reading;
  } catch (error) {
    if (!['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
    return otherwise;
  }
}
