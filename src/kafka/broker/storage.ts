/**
 * Formats a broker's data folder as `kafka-storage format` does, without its second of Java: the bootstrap metadata
 * are the same for each cluster of one Kafka version and are kept in the cache; the ids are not.
 */
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { copyFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import { unavailableError } from '../../errors.ts';
import { makeFolder } from '../../system/make-folder.ts';
import { writeWhole } from '../../system/write-whole.ts';
import type { BrokerPlan, ClusterPlan } from './broker-settings.ts';
import { isAtLeast } from './versions.ts';
import type { ProgressOptions } from './maven.ts';
import { runCommand } from '../../system/run-program.ts';
import { addToCache, type KafkaRuntime } from './runtime.ts';

const formatTimeoutMs = 60_000;

/** A folder that is formatted already stays as it is. Throws `unavailable` with Kafka's words. */
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

/** Where the metadata lie with which a cluster begins. */
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
    throw unavailableError(`Kafka cannot format its data folder:\n${lines.slice(-10).join('\n')}`);
}

/** Kafka's form of a UUID; like Kafka's own, it never begins with a dash, which would look like an option. */
export function kafkaUuid(): string {
  const id = randomBytes(16).toString('base64url');
  return id.startsWith('-') ? kafkaUuid() : id;
}
