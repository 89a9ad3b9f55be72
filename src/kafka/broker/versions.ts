/** The versions of Kafka that nodrop can start, and the options to choose one. */
import { usageError } from '../../errors.ts';
import { securityKinds, type SecurityKind } from './security-kind.ts';

/** The version's jars are pinned in `kafka/VERSION/`, by a `pom.xml` and `SHA256SUMS`. */
export interface PinnedVersion {
  version: string;
  /** Whether ZooKeeper can keep the metadata, instead of Kafka's own controllers. */
  hasZooKeeper: boolean;
}

/** Newest first. */
export const pinnedVersions: readonly PinnedVersion[] = [
  { version: '4.4.0', hasZooKeeper: false },
  { version: '4.3.1', hasZooKeeper: false },
  { version: '3.9.2', hasZooKeeper: true },
];

/** The newest version for which Maven has Kafka's own tools, too: the tests compare nodrop with them. */
export const defaultVersion = '4.4.0';

export interface KafkaChoice {
  /** One of the pinned versions. Not together with KAFKA_HOME, which determines the version itself. */
  kafkaVersion?: string | undefined;
  /** Lets a ZooKeeper keep the cluster's metadata; only Kafka 3.9 can do that. */
  zookeeper?: boolean | undefined;
  /**
   * Encrypts all connections, and has Kafka check permissions (default: neither). Certificates and passwords are made
   * at the start and removed at the stop. Not together with ZooKeeper.
   */
  security?: SecurityKind | undefined;
}

/** Throws `usage` if nodrop cannot start this choice. */
export function checkChoice({ kafkaVersion, zookeeper = false, security }: KafkaChoice): void {
  if (security !== undefined && !securityKinds.includes(security)) {
    throw usageError(
      `nodrop cannot secure Kafka with ${JSON.stringify(security)}: it can with ${securityKinds.join(', ')}.`,
    );
  }
  if (zookeeper && security !== undefined) {
    throw usageError(
      'nodrop does not secure a cluster with ZooKeeper: anyone on this machine could change the permissions there.',
      'Leave out --zookeeper or --security: Kafka 3.9.2 can be secured without ZooKeeper.',
    );
  }
  const home = process.env['KAFKA_HOME'];
  if (home && (kafkaVersion !== undefined || zookeeper)) {
    throw usageError(
      `KAFKA_HOME (${home}) determines which Kafka is started: a version or ZooKeeper cannot be chosen as well.`,
      'Unset KAFKA_HOME, or omit --kafka-version and --zookeeper.',
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
      `Kafka ${version} does not support ZooKeeper: Kafka 3 was the last to support it.`,
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
