/** Which folders the brokers of a cluster have in the cluster's own. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';

/** A single broker has the folder for itself. */
export const foldersOf = (dir: string, count: number): string[] =>
  count === 1 ? [dir] : Array.from({ length: count }, (_, index) => join(dir, `broker-${index + 1}`));

/** That of a cluster's ZooKeeper, where it has one. */
export const zookeeperFolderOf = (dir: string): string => join(dir, 'zookeeper');

/** Those that may have been used, however many brokers there were, and a ZooKeeper beside them. */
export function foldersIn(dir: string): string[] {
  try {
    const names = readdirSync(dir).filter((name) => /^(broker-\d+|zookeeper)$/.test(name));
    return [dir, ...names.map((name) => join(dir, name))];
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
