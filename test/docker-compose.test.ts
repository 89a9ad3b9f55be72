/** docker-compose.yml as text: its form, its ports and its versions. `test/full` starts brokers with its settings. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { expect, test } from 'vitest';
import { defaultVersion, pinnedVersions } from '../src/kafka/broker/versions.ts';
import { readComposeFile } from './fixtures/compose-file.ts';

const file = readComposeFile();
const services = Object.entries(file.services);

test('docker-compose.yml is valid by the schema of the Compose Specification', () => {
  // From github.com/compose-spec/compose-spec, under the Apache License 2.0.
  const schema = JSON.parse(readFileSync(join(import.meta.dirname, 'fixtures/compose-spec.json'), 'utf8'));
  const { $schema: _, ...rest } = schema;
  const ajv = new Ajv({ strict: false, validateFormats: false });
  expect(ajv.validate(rest, file), ajv.errorsText()).toBe(true);
  const broken = { ...file, services: { kafka: { image: 'x', prots: ['1'] } } };
  expect(ajv.validate(rest, broken)).toBe(false);
});

test('each published port is bound to this machine, and no two services publish the same', () => {
  const ports = services.flatMap(([, { ports = [] }]) => ports);
  expect(ports).toContain('127.0.0.1:9092:9092');
  for (const port of ports) expect(port).toMatch(/^127\.0\.0\.1:(\d+):\1$/);
  expect(new Set(ports).size).toBe(ports.length);
});

test('each Kafka has a version that nodrop pins: the default one, or with ZooKeeper the one that works with it', () => {
  const old = pinnedVersions.find(({ hasZooKeeper }) => hasZooKeeper)!.version;
  const images = services.flatMap(([name, { image, profiles }]) =>
    image.startsWith('apache/kafka') ? [[name, image, profiles?.join()]] : [],
  );
  expect(images).toEqual([
    ['kafka', `apache/kafka:${defaultVersion}`, undefined],
    ['kafka-secured', `apache/kafka:${defaultVersion}`, 'secured'],
    ['kafka-zookeeper', `apache/kafka:${old}`, 'zookeeper'],
    ['zookeeper', `apache/kafka:${old}`, 'zookeeper'],
  ]);
});

test('each volume is declared and used', () => {
  const used = services.flatMap(([, { volumes = [] }]) => volumes.map((volume) => volume.split(':')[0]!));
  expect(Object.keys(file.volumes).sort()).toEqual(used.sort());
});
