/** The errors for a missing or wrong Java or Maven. Each runs in its own process, since the PATH is changed. */
import { execFile } from 'node:child_process';
import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { findJava } from '../../../src/kafka/broker/java.ts';
import { mavenVersion } from '../../../src/kafka/broker/maven.ts';

const script = fileURLToPath(new URL('../../fixtures/find-runtime.ts', import.meta.url));
let dir: string;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'nodrop-test-'));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

async function findRuntime(env: Record<string, string>) {
  const { JAVA_HOME: _java, KAFKA_HOME: _kafka, ...rest } = process.env;
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [script], {
    env: { ...rest, NODROP_CACHE: join(dir, 'cache'), ...env },
  });
  return { ...JSON.parse(stdout), stderr };
}

/** A PATH with only these programs. */
async function pathWith(programs: Record<string, string>): Promise<string> {
  const bin = await mkdtemp(join(dir, 'bin-'));
  for (const [name, content] of Object.entries(programs)) {
    await writeFile(join(bin, name), content);
    await chmod(join(bin, name), 0o755);
  }
  return bin;
}

test('without Java, an error comes within a second and names the commands that install it', async () => {
  const outcome = await findRuntime({ PATH: await pathWith({}) });
  expect(outcome).toMatchObject({
    code: 'unavailable',
    message: 'Java is needed to run Kafka, and the PATH has none that works.',
  });
  expect(outcome.hint).toContain('sudo apt-get install');
  expect(outcome.hint).toContain('brew install');
  expect(outcome.hint).toContain('docker compose up -d');
  expect(outcome.elapsedMs).toBeLessThan(1000);
});

test('the error for a JAVA_HOME without Java names it', async () => {
  const outcome = await findRuntime({ JAVA_HOME: '/nowhere' });
  expect(outcome).toMatchObject({
    code: 'unavailable',
    message: expect.stringContaining('JAVA_HOME (/nowhere)'),
  });
});

test('the error for a Java that is too old names it', async () => {
  const java = '#!/bin/sh\necho \'openjdk version "1.8.0_402"\' >&2\n';
  const outcome = await findRuntime({ PATH: await pathWith({ java }) });
  expect(outcome).toMatchObject({
    code: 'unavailable',
    message: 'Java 17 or newer is needed, and the PATH has Java 1.8.0_402.',
  });
});

test('the error for a Java that ends with an error shows what it says, without its stack', async () => {
  const java = '#!/bin/sh\nprintf "Error: Port already in use: 9\\n\\tat java.base\\n"\nexit 1\n';
  const outcome = await findRuntime({ PATH: await pathWith({ java }) });
  expect(outcome.message).toBe(
    'Java is needed to run Kafka, and the PATH has none that works.\n  Error: Port already in use: 9',
  );
});

test('without Maven, an error comes within a second and names the commands that install it', async () => {
  const java = '#!/bin/sh\necho \'openjdk version "21.0.1"\' >&2\n';
  const outcome = await findRuntime({ PATH: await pathWith({ java }) });
  expect(outcome).toMatchObject({
    code: 'unavailable',
    message: 'Maven is needed to get Kafka, and the PATH has no mvn.',
    hint: expect.stringContaining('apt-get install'),
  });
  expect(outcome.elapsedMs).toBeLessThan(1000);
});

test('if Maven has no network, the error gives the cause in one sentence, without an address', async () => {
  const proxy = ['http', 'https'].flatMap((name) => [
    `-D${name}.proxyHost=127.0.0.1`,
    `-D${name}.proxyPort=1`,
  ]);
  const outcome = await findRuntime({ MAVEN_OPTS: [`-Dmaven.repo.local=${dir}/m2`, ...proxy].join(' ') });
  expect(outcome).toMatchObject({
    code: 'unavailable',
    message: 'Maven could not get Kafka: the host that Maven gets artifacts from cannot be reached.',
  });
  expect(JSON.stringify(outcome)).not.toMatch(/https?:|\[ERROR\]|\bat org\./);
});

test('a KAFKA_HOME without Kafka, or with an old one, is a usage error that names it', async () => {
  expect(await findRuntime({ KAFKA_HOME: '/nowhere' })).toMatchObject({
    code: 'usage',
    message: 'KAFKA_HOME (/nowhere) has no Kafka in its libs folder.',
  });
  await mkdir(join(dir, 'libs'));
  await symlink('/dev/null', join(dir, 'libs', 'kafka_2.13-3.9.2.jar'));
  expect(await findRuntime({ KAFKA_HOME: dir })).toMatchObject({
    code: 'usage',
    message: `KAFKA_HOME (${dir}) is Kafka 3.9.2.`,
  });
});

test('the versions of Java and Maven are found for the doctor command', async () => {
  expect(Number.parseInt((await findJava()).version, 10)).toBeGreaterThanOrEqual(17);
  expect(await mavenVersion()).toMatch(/^\d+\.\d+/);
});
