/** Brokers that restart in their folder, and two brokers at once. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { withAdmin, type AdminAccess } from '../../src/kafka/client/topics.ts';
import { startKafka, type RunningKafka } from '../../src/kafka/broker/start-kafka.ts';
import { endLeftover, leftoverGone, leftoverProcess } from '../../src/system/process-record.ts';

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
  await endLeftover(dir);
  await rm(dir, { recursive: true, force: true });
});

const clusterId = async (dir: string) =>
  /cluster\.id=(.+)/.exec(await readFile(join(dir, 'data', 'meta.properties'), 'utf8'))?.[1];

test('a folder that the caller names keeps its topics and cluster id when a broker restarts on another port', async () => {
  const odd = join(dir, 'größe = 1 #2');
  {
    await using broker = await startKafka({ dir: odd });
    await withAdmin(accessTo(broker), (admin) =>
      admin.createTopics({ topics: ['kept'], partitions: 1, replicas: 1 }),
    );
  }
  expect(await leftoverProcess(odd)).toBeUndefined();
  const id = await clusterId(odd);
  {
    await using broker = await startKafka({ dir: odd, properties: { 'message.max.bytes': '2000000' } });
    expect(await withAdmin(accessTo(broker), (admin) => admin.listTopics())).toContain('kept');
    expect(await clusterId(odd)).toBe(id);
    await expect(startKafka({ dir: odd })).rejects.toMatchObject({
      code: 'usage',
      message: `A broker (process ${broker.pid}) runs in ${odd} already.`,
    });
    await broker.stop({ discard: true });
  }
  expect(existsSync(odd)).toBe(false);
});

test('two brokers that start at once have different ports and cluster ids', async () => {
  await using both = new AsyncDisposableStack();
  const starts = await Promise.all([startKafka(), startKafka()]);
  const [one, two] = starts.map((broker) => both.use(broker)) as [RunningKafka, RunningKafka];
  expect(one.bootstrapServers).not.toBe(two.bootstrapServers);
  expect(await clusterId(one.dir)).not.toBe(await clusterId(two.dir));
});

test('a broker ends when the process that started it is killed, and another broker can use its folder', async () => {
  const script = fileURLToPath(new URL('../fixtures/start-broker.ts', import.meta.url));
  const parent = spawn(process.execPath, [script, dir], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = await once(parent.stdout, 'data');
  const { pid } = JSON.parse(String(line));
  expect(await leftoverProcess(dir)).toBe(pid);
  parent.kill('SIGKILL');
  expect(await leftoverGone(dir, 5000)).toBe(true);
  await using broker = await startKafka({ dir });
  expect(broker.pid).not.toBe(pid);
});
