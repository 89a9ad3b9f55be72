/** The choice of a Kafka version: the list, and what is refused before anything starts. `test/full` runs the versions. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { nodropInProcess } from '../fixtures/nodrop-in-process.ts';
import { newDir } from '../fixtures/nodrop.ts';

const noHome = { KAFKA_HOME: undefined };

test('kafka --list shows all versions and whether each is in the cache, and downloads nothing', async () => {
  const cache = newDir();
  const { code, stdout } = await nodropInProcess(['kafka', '--list'], {
    ...noHome,
    NODROP_CACHE: join(cache, 'none'),
  });
  expect(code).toBe(0);
  expect(stdout.split('\n').map((line) => line.split(/ {2,}/))).toEqual([
    ['version', 'mode', 'jars'],
    ['4.4.0', 'KRaft', 'default', 'fetched at its first start'],
    ['4.3.1', 'KRaft', 'fetched at its first start'],
    ['3.9.2', 'KRaft or ZooKeeper', 'fetched at its first start'],
    [''],
  ]);
  expect(existsSync(join(cache, 'none'))).toBe(false);
});

test('kafka --list --json prints the versions as JSON', async () => {
  const { code, stdout } = await nodropInProcess(['kafka', '--list', '--json'], noHome);
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject([
    { version: '4.4.0', modes: ['KRaft'], isDefault: true },
    { version: '4.3.1', modes: ['KRaft'], isDefault: false },
    { version: '3.9.2', modes: ['KRaft', 'ZooKeeper'], isDefault: false },
  ]);
});

test.each([
  ['run --kafka-version 2.8.0', 'nodrop has no Kafka 2.8.0: it has 4.4.0, 4.3.1, 3.9.2.'],
  ['kafka --kafka-version 2.8.0', 'nodrop has no Kafka 2.8.0: it has 4.4.0, 4.3.1, 3.9.2.'],
  ['run --zookeeper', '--kafka-version 3.9.2 --zookeeper'],
  ['kafka --zookeeper --kafka-version 4.4.0', '--kafka-version 3.9.2 --zookeeper'],
  ['run --kafka-version 3.9.2 --bootstrap-server 127.0.0.1:1', 'are for a Kafka that nodrop starts'],
  ['run --zookeeper --bootstrap-server 127.0.0.1:1', 'are for a Kafka that nodrop starts'],
  ['run --security tls', 'It takes ssl, mtls, sasl-plain, sasl-scram, sasl-oauthbearer.'],
  ['run --security ssl --bootstrap-server 127.0.0.1:1', 'are for a Kafka that nodrop starts'],
  ['run --security ssl --command-config x.properties', '--security and --command-config exclude each other'],
  ['kafka --security ssl --zookeeper --kafka-version 3.9.2', 'does not secure a cluster with ZooKeeper'],
  ['chaos --security mtls --zookeeper --kafka-version 3.9.2', 'does not secure a cluster with ZooKeeper'],
  ['kafka --json', '--json needs --list.'],
])('%s is wrong usage, and nothing is started', async (args, sentence) => {
  const dir = join(newDir(), 'none');
  const { code, stderr } = await nodropInProcess([...args.split(' '), `--dir=${dir}`], noHome);
  expect(code).toBe(64);
  expect(stderr).toContain(sentence);
  expect(existsSync(dir)).toBe(false);
});

test('NODROP_KAFKA_VERSION sets the version, and a version together with KAFKA_HOME is refused', async () => {
  const dir = `--dir=${newDir()}`;
  const named = await nodropInProcess(['run', dir], { ...noHome, NODROP_KAFKA_VERSION: '1.0' });
  expect(named).toMatchObject({ code: 64, stderr: expect.stringContaining('nodrop has no Kafka 1.0') });
  const beside = await nodropInProcess(['run', dir, '--kafka-version=3.9.2'], { KAFKA_HOME: '/opt/kafka' });
  expect(beside).toMatchObject({ code: 64, stderr: expect.stringContaining('KAFKA_HOME (/opt/kafka)') });
});
