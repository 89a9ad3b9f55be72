/**
 * Formats a broker's data folder as `kafka-storage format` does, but without starting Java (1 s). The bootstrap
 * metadata are the same for all clusters of one Kafka version and are cached; the ids are new for each cluster.
 */
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { copyFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import { unavailableError } from '../../errors.ts';
import { causeLines } from './cause-lines.ts';
import { makeFolder } from '../../system/make-folder.ts';
import { writeWhole } from '../../system/write-whole.ts';
import type { BrokerPlan, ClusterPlan } from './broker-settings.ts';
import { isAtLeast } from './versions.ts';
import type { ProgressOptions } from './maven.ts';
import { runCommand } from '../../system/run-program.ts';
import { addToCache, type KafkaRuntime } from './runtime.ts';

const formatTimeoutMs = 60_000;

/** Leaves a formatted folder unchanged. Throws `unavailable` with Kafka's output. */
export async function formatStorage(
  { dataDir, nodeId }: BrokerPlan,
  { clusterId, kafkaVersion }: ClusterPlan,
  settingsFile: string,
  runtime: KafkaRuntime,
  options: ProgressOptions,
): Promise<void> {
  const meta = join(dataDir, 'meta.properties');
  if (existsSync(meta)) return;
  const bootstrap = join(dataDir, bootstrapPath(kafkaVersion));
  makeFolder(dirname(bootstrap));
  if (!existsSync(runtime.bootstrapFile)) {
    await formatWithJava(clusterId, settingsFile, runtime, options);
    await addToCache(runtime.bootstrapFile, (partial) => copyFile(bootstrap, partial), options.onProgress);
    return;
  }
  await copyFile(runtime.bootstrapFile, bootstrap);
  const ids = `cluster.id=${clusterId}\ndirectory.id=${kafkaUuid()}\n`;
  writeWhole(meta, `version=1\nnode.id=${nodeId}\n${ids}`);
}

/** The path, in a data folder, of the metadata with which a cluster begins. */
const bootstrapPath = (kafkaVersion: string): string =>
  isAtLeast(kafkaVersion, 4, 4)
    ? '__cluster_metadata-0/00000000000000000000-0000000000.checkpoint'
    : 'bootstrap.checkpoint';

async function formatWithJava(
  clusterId: string,
  settingsFile: string,
  runtime: KafkaRuntime,
  options: ProgressOptions,
): Promise<void> {
  const args = ['-XX:TieredStopAtLevel=1', 'kafka.tools.StorageTool', 'format'];
  const { code, lines } = await runCommand(
    runtime.java.path,
    [...args, '--cluster-id', clusterId, '--config', settingsFile],
    { timeoutMs: formatTimeoutMs, signal: options.signal, env: runtime.env },
  );
  if (code !== 0)
    throw unavailableError(['Kafka cannot format its data folder:', ...causeLines(lines, 10)].join('\n'));
}

/** Kafka's form of a UUID; like Kafka's own, it never begins with a dash, which would look like an option. */
export function kafkaUuid(): string {
  const id = randomBytes(16).toString('base64url');
  return id.startsWith('-') ? kafkaUuid() : id;
}
