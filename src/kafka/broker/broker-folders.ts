/** The folders of brokers, within their cluster's folder. */
import { readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** A single broker uses the cluster's folder itself. */
export const foldersOf = (dir: string, count: number): string[] =>
  count === 1 ? [dir] : Array.from({ length: count }, (_, index) => join(dir, `broker-${index + 1}`));

/** The folder of a cluster's ZooKeeper, if the cluster has one. */
export const zookeeperFolderOf = (dir: string): string => join(dir, 'zookeeper');

/** The folder of a secured cluster's certificates, passwords and client settings. */
export const securityFolderOf = (dir: string): string => join(resolve(dir), 'security');

/** The client settings with the permissions that a run needs, for nodrop and for Kafka's own tools. */
export const clientPropertiesIn = (dir: string): string => join(securityFolderOf(dir), 'client.properties');

/** The client settings of the super user. */
export const adminPropertiesIn = (dir: string): string => join(securityFolderOf(dir), 'admin.properties');

/** All folders that a cluster of any number of brokers, with or without ZooKeeper, may have used. */
export function foldersIn(dir: string): string[] {
  try {
    const names = readdirSync(dir).filter((name) => /^(broker-\d+|zookeeper)$/.test(name));
    return [dir, ...names.map((name) => join(dir, name))];
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
