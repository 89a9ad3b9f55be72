/** The versions of what a run ran on. */
import { readFileSync } from 'node:fs';
import type { Environment } from './result.ts';

/** `broker` is the one that nodrop started, if it did. */
export function environmentOf(
  broker: { version: string; zookeeperVersion: string | undefined; javaVersion: string } | undefined,
): Environment {
  return {
    kafka: broker?.version ?? null,
    ...(broker?.zookeeperVersion !== undefined && { zookeeper: broker.zookeeperVersion }),
    client: `@platformatic/kafka ${packageJson.dependencies['@platformatic/kafka']}`,
    node: process.versions.node,
    java: broker?.javaVersion ?? null,
  };
}

/** nodrop's own package.json; its dependencies are pinned, so they are what is installed. */
export const packageJson = JSON.parse(
  readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
) as {
  version: string;
  dependencies: Record<string, string>;
};
