import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';

import { withAdmin, type AdminAccess } from '../../src/kafka/client/topics.ts';
import { startJavaProgram, type JavaProgram } from '../../src/kafka/broker/java-program.ts';
import { findRuntime } from '../../src/kafka/broker/runtime.ts';
import { startKafka, type RunningKafka } from '../../src/kafka/broker/start-kafka.ts';
import { runCommand } from '../../src/system/run-program.ts';
import { endLeftover, leftoverProcess } from '../../src/system/process-record.ts';

const accessTo = ({ bootstrapServers }: RunningKafka): AdminAccess => ({
  bootstrapServers,
  client: {},
  timeoutMs: 20_000,
});

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'nodrop-test-'));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await endLeftover(dir);
  await rm(dir, { recursive: true, force: true });
});

test('a broker in a temporary folder serves clients, and its stop removes process and folder', async () => {
  const broker = await startKafka();
  expect((await stat(broker.dir)).mode & 0o777).toBe(0o700);
  expect(await leftoverProcess(broker.dir)).toBe(broker.pid);
  await withAdmin(accessTo(broker), (admin) =>
    admin.createTopics({ topics: ['one'], partitions: 3, replicas: 1 }),
  );
  await Promise.all([broker.stop(), broker.stop()]);
  expect(existsSync(broker.dir)).toBe(false);
  expect(() => process.kill(broker.pid, 0)).toThrow('ESRCH');
});

test('startKafka refuses a folder with the data of a Kafka that nodrop did not start, and changes nothing', async () => {
  const theirs = join(dir, 'data/meta.properties');
  await mkdir(dirname(theirs), { recursive: true });
  await writeFile(theirs, 'version=1');
  await expect(startKafka({ dir })).rejects.toMatchObject({
    code: 'usage',
    message: `${dir} holds data of a Kafka that nodrop did not start.`,
  });
  expect(await readdir(join(dir, 'data'))).toEqual(['meta.properties']);
});

test('a file that a user put into the folder of a broker is not removed with the broker', async () => {
  const broker = await startKafka({ dir });
  await writeFile(join(dir, 'data/notes.txt'), 'theirs');
  await broker.stop({ discard: true });
  expect(await readdir(dir, { recursive: true })).toEqual(['data', 'data/notes.txt']);
});

test('a port in use is a usage error that names it', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await expect(startKafka({ port })).rejects.toMatchObject({
    code: 'usage',
    message: `Port ${port} is in use.`,
  });
  server.close();
});

test("if an agent of Java's finds its port in use, the error shows the end of the log", async () => {
  const server = createServer().listen(0);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const runtime = await findRuntime({});
  const program: JavaProgram = {
    name: 'Kafka',
    dir,
    logFile: join(dir, 'broker.log'),
    javaArguments: [`port=${port}`, 'authenticate=false', 'ssl=false'].map(
      (setting) => `-Dcom.sun.management.jmxremote.${setting}`,
    ),
    mainClass: 'kafka.Kafka',
    settingsFile: join(dir, 'broker.properties'),
    startedTexts: ['Kafka Server started'],
  };
  await mkdir(join(dir, 'tmp'));
  await expect(
    startJavaProgram(program, runtime, { timeoutMs: 20_000, signal: undefined }),
  ).rejects.toMatchObject({
    code: 'unavailable',
    message: expect.stringMatching(
      /ended with code 1 .*The end of its log:[^]*Port already in use: \d+/,
    ) as string,
  });
  server.close();
});

test('Java takes paths for UTF-8, whatever the locale is', async () => {
  vi.stubEnv('LC_ALL', 'POSIX');
  const { java, env } = await findRuntime({});
  const asked = ['-XshowSettings:properties', '-version'];
  const { lines } = await runCommand(java.path, asked, { timeoutMs: 20_000, env });
  expect(lines.map((line) => line.trim())).toContain('sun.jnu.encoding = UTF-8');
});

test('if a broker dies while it starts, the error shows the end of its log and its folder is removed', async () => {
  // Elsewhere other tests start brokers at the same time.
  vi.stubEnv('TMPDIR', dir);
  await expect(startKafka({ properties: { 'log.cleaner.threads': 'many' } })).rejects.toMatchObject({
    code: 'unavailable',
    message: expect.stringMatching(
      /^Kafka ended with code 1 while it started\..*many.*log\.cleaner\.threads/s,
    ),
  });
  expect(await readdir(dir)).toEqual([]);
});

test('a start that times out or is aborted ends the broker', async () => {
  await expect(startKafka({ dir, timeoutMs: 1 })).rejects.toMatchObject({
    code: 'unavailable',
    message: expect.stringContaining('Kafka did not start within 0.001 s'),
  });
  expect(await leftoverProcess(dir)).toBeUndefined();
  const controller = new AbortController();
  const starting = startKafka({ dir, signal: controller.signal });
  controller.abort(new Error('not wanted'));
  await expect(starting).rejects.toThrow('not wanted');
});

test('the exit of a killed broker is reported with its log file and exit code', async () => {
  await using broker = await startKafka();
  process.kill(broker.pid, 'SIGKILL');
  const { logFile } = broker;
  expect(await broker.exited).toEqual({ name: 'the broker', broker: broker.brokers[0], logFile, code: 137 });
});
