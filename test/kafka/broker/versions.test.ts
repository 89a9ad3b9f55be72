import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';

import { kafkaClasspath } from '../../../src/kafka/broker/jars.ts';
import {
  checkChoice,
  defaultVersion,
  isAtLeast,
  pinnedVersions,
  type KafkaChoice,
} from '../../../src/kafka/broker/versions.ts';

afterEach(() => vi.unstubAllEnvs());

test.each(pinnedVersions)(
  'the jars of $version are pinned, and its pom is of that version',
  ({ version }) => {
    const read = (name: string): string =>
      readFileSync(join(import.meta.dirname, '../../../kafka', version, name), 'utf8');
    expect(read('pom.xml')).toMatch(
      new RegExp(`<artifactId>kafka_2.13</artifactId>\\s+<version>${version}</version>`),
    );
    const lines = read('SHA256SUMS').trimEnd().split('\n');
    for (const line of lines) expect(line).toMatch(/^[0-9a-f]{64} {2}[\w.-]+\.jar$/);
    expect(lines.map((line) => line.slice(66))).toContain(`kafka_2.13-${version}.jar`);
  },
);

test('each pinned version can be chosen, and ZooKeeper only with a version that has it', () => {
  vi.stubEnv('KAFKA_HOME', undefined);
  const isRefused = (choice: KafkaChoice): boolean => {
    try {
      checkChoice(choice);
      return false;
    } catch {
      return true;
    }
  };
  expect(pinnedVersions.map(({ version }) => version)).toContain(defaultVersion);
  expect(isRefused({})).toBe(false);
  for (const { version: kafkaVersion, hasZooKeeper } of pinnedVersions) {
    expect(isRefused({ kafkaVersion })).toBe(false);
    expect(isRefused({ kafkaVersion, zookeeper: true })).toBe(!hasZooKeeper);
  }
});

test.each<[KafkaChoice, string]>([
  [{ kafkaVersion: '2.8.0' }, 'nodrop has no Kafka 2.8.0: it has 4.4.0, 4.3.1, 3.9.2.'],
  [{ zookeeper: true }, `Kafka ${defaultVersion} does not support ZooKeeper`],
])('the choice %j is a usage error', async (choice, message) => {
  vi.stubEnv('KAFKA_HOME', undefined);
  await expect(kafkaClasspath(choice)).rejects.toMatchObject({
    code: 'usage',
    message: expect.stringContaining(message),
  });
});

test.each<KafkaChoice>([{ kafkaVersion: '3.9.2' }, { zookeeper: true }])(
  'the choice %j together with KAFKA_HOME is a usage error that names KAFKA_HOME',
  async (choice) => {
    vi.stubEnv('KAFKA_HOME', '/opt/kafka');
    await expect(kafkaClasspath(choice)).rejects.toMatchObject({
      code: 'usage',
      message: expect.stringContaining('KAFKA_HOME (/opt/kafka)'),
    });
  },
);

test('versions are compared by their numbers', () => {
  expect(isAtLeast('4.4.0', 4, 4)).toBe(true);
  expect(isAtLeast('4.10.0', 4, 4)).toBe(true);
  expect(isAtLeast('5.0.0', 4, 4)).toBe(true);
  expect(isAtLeast('4.3.1', 4, 4)).toBe(false);
  expect(isAtLeast('3.9.2', 4, 0)).toBe(false);
});
