/** Secures a cluster at its start. The code for that is loaded only for a cluster that is to be secured. */
import { usageError } from '../../errors.ts';
import { loopback } from '../../system/ports.ts';
import { foldersOf } from './broker-folders.ts';
import type { ClusterPlan } from './broker-settings.ts';
import { claimProgramFolder } from './java-program.ts';
import type { Security } from './security.ts';
import type { StartKafkaOptions } from './start-kafka.ts';

/**
 * Makes the files of a secured cluster; undefined if it is not to be secured. Throws `usage` if a broker is at work in
 * the folder: its files stay as they are.
 */
export async function securityIn(
  dir: string,
  { security: kind, brokers = 1 }: StartKafkaOptions,
): Promise<Security | undefined> {
  if (kind === undefined) return undefined;
  // Kafka's own syntax for a value from a file.
  if (/[:}]/.test(dir))
    throw usageError(`A secured Kafka cannot have a folder with a colon or a brace in its path: ${dir}.`);
  for (const folder of foldersOf(dir, brokers)) await claimProgramFolder(folder, 'A broker');
  const { makeSecurity } = await import('./security.ts');
  return makeSecurity(dir, kind);
}

/** Gives clients their permissions, once the brokers serve. */
export async function grant(
  security: Security,
  { brokers }: ClusterPlan,
  { names = [], timeoutMs, signal }: StartKafkaOptions & { timeoutMs: number },
): Promise<void> {
  const { grantPermissions } = await import('./grant-permissions.ts');
  const addresses = brokers.map(({ brokerPort }) => `${loopback}:${brokerPort}`);
  await grantPermissions(security, addresses, names, { timeoutMs, signal });
}
