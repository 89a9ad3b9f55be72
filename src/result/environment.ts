/** The versions of the software that a run used. */
import { readFileSync } from 'node:fs';
import type { Environment } from './result.ts';

/** `broker`: undefined if nodrop did not start Kafka. */
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

/** nodrop's own package.json. It pins its dependencies, so the installed versions are the same. */
export const packageJson = JSON.parse(
  readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
) as {
  version: string;
  dependencies: Record<string, string>;
};
