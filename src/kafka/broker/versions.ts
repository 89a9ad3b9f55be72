/** The versions of Kafka that nodrop can start, and what may be chosen among them. */
import { usageError } from '../../errors.ts';

/** Its jars are pinned in `kafka/VERSION/`, by a `pom.xml` and `SHA256SUMS`. */
export interface PinnedVersion {
  version: string;
  /** Whether ZooKeeper can keep its metadata, in the stead of its own controllers. */
  hasZooKeeper: boolean;
}

/** Newest first. */
export const pinnedVersions: readonly PinnedVersion[] = [
  { version: '4.4.0', hasZooKeeper: false },
  { version: '4.3.1', hasZooKeeper: false },
  { version: '3.9.2', hasZooKeeper: true },
];

/** The newest for which Maven has Kafka's own tools, too: the tests hold nodrop against them. */
export const defaultVersion = '4.3.1';

export interface KafkaChoice {
  /** One of those that are pinned. Not together with KAFKA_HOME, which says itself what is started. */
  kafkaVersion?: string | undefined;
  /** Lets a ZooKeeper keep the cluster's metadata, where the version can do that: 3.9. */
  zookeeper?: boolean | undefined;
}

/** Throws `usage` where it cannot be had. */
export function checkChoice({ kafkaVersion, zookeeper = false }: KafkaChoice): void {
  const home = process.env['KAFKA_HOME'];
  if (home && (kafkaVersion !== undefined || zookeeper)) {
    throw usageError(
      `KAFKA_HOME (${home}) says which Kafka is started: no version and no ZooKeeper can be chosen beside it.`,
      'Unset it, or leave --kafka-version and --zookeeper out.',
    );
  }
  const version = kafkaVersion ?? defaultVersion;
  const pinned = pinnedVersions.find((each) => each.version === version);
  if (pinned === undefined) {
    throw usageError(`nodrop has no Kafka ${version}: it has ${versionNames()}.`, 'nodrop kafka --list');
  }
  if (zookeeper && !pinned.hasZooKeeper) {
    const able = pinnedVersions.filter((each) => each.hasZooKeeper).map((each) => each.version);
    throw usageError(
      `Kafka ${version} has nothing to do with ZooKeeper any more: that ended with Kafka 3.`,
      able.map((each) => `--kafka-version ${each} --zookeeper`).join('\n'),
    );
  }
}

export const versionNames = (): string => pinnedVersions.map(({ version }) => version).join(', ');

/** Whether a version is this one or newer: `4.10.0` is newer than 4.4. */
export function isAtLeast(version: string, major: number, minor: number): boolean {
  const [ownMajor = 0, ownMinor = 0] = version.split('.').map((part) => Number.parseInt(part, 10));
  return ownMajor > major || (ownMajor === major && ownMinor >= minor);
}
