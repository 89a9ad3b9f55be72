/** Live runs without progress: they end, say where the lag is, and blame the stage that stood still. */
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, inject, test } from 'vitest';
import { isAlive } from '../../src/system/process-state.ts';
import { joinGroup } from '../../src/kafka/client/consumer-group.ts';
import { createTopic } from '../../src/kafka/client/topics.ts';
import type { Result } from '../../src/result/result.ts';
import { groupOf, RunFolder, topicOf } from '../../src/run-folder/run-folder.ts';
import { childOf, newDir, start, until } from '../fixtures/nodrop.ts';

const bootstrapServers = inject('bootstrapServers');

const newFolder = (): RunFolder => new RunFolder(newDir(), `st${randomUUID().slice(0, 8)}`);

const startRun = (
  { id, path }: RunFolder,
  args: readonly string[] = [],
  env: Record<string, string> = {},
): ReturnType<typeof start> =>
  start(
    [
      'run',
      '--json',
      `--bootstrap-server=${bootstrapServers}`,
      `--run=${id}`,
      `--dir=${path}/../..`,
      '--messages=2000',
      '--timeout=5s',
      '--silence=4s',
      '--partitions=2',
      ...args,
    ],
    env,
  );

test('a group member that takes a partition and reads nothing makes the run inconclusive, with a stalled partition', async () => {
  const folder = newFolder();
  const [topic, group] = [topicOf(folder.id), groupOf(folder.id)];
  const access = { bootstrapServers, client: {}, timeoutMs: 30_000 };
  await createTopic(access, topic, 2);
  // The idler joins before the consumer, which could otherwise be done too early.
  const { signal } = new AbortController();
  const idler = await joinGroup({ ...access, settings: {}, signal, topic, group });
  try {
    const { ended } = startRun(folder);
    // With two members, each has one of the two partitions. When the consumer gives up, the idler gets both.
    await until('both are members', () => idler.assignment().partitions.length === 1);
    const [partition] = idler.assignment().partitions;
    const { code, stdout } = await ended;
    const { verdict, findings, notChecked } = JSON.parse(stdout) as Result;
    expect([code, verdict]).toEqual([2, 'inconclusive']);
    expect(findings).toMatchObject([{ kind: 'stalled', blame: 'consumer', count: 1 }]);
    const detail = expect.stringMatching(/^is at \d+ of [1-9]\d*$/) as string;
    expect(findings[0]!.examples).toMatchObject([{ partition, detail }]);
    expect(notChecked).toContain('1 partition stalled: there was lag, and no progress or too little.');
    expect(notChecked).toContain(`The lag: partition ${partition} ${findings[0]!.examples[0]!.detail}.`);
  } finally {
    await idler.leave();
  }
});

test('a consumer that is suspended for good is killed, and the run ends with stalled partitions', async () => {
  const folder = newFolder();
  const { ended } = startRun(folder);
  await until('the consumer is there', () => isAlive(folder.consumerPid() ?? 0));
  const { pid } = JSON.parse(readFileSync(join(folder.path, 'consumer.json'), 'utf8')) as { pid: number };
  process.kill(pid, 'SIGSTOP');
  const { code, stdout } = await ended;
  const { verdict, findings, notChecked } = JSON.parse(stdout) as Result;
  expect([code, verdict]).toEqual([2, 'inconclusive']);
  expect(findings).toMatchObject([{ kind: 'stalled', blame: 'consumer', count: 2 }]);
  expect(notChecked).toContain('The consumer hung: it was silent for 4000 ms and was killed.');
});

test('a consumer that reports that it is alive but stores nothing is killed, and the run ends as stalled', async () => {
  const folder = newFolder();
  const { ended } = startRun(folder, ['--store-timeout=1s'], { NODROP_SABOTAGE: 'stall:700' });
  const { code, stdout } = await ended;
  const { verdict, findings, notChecked } = JSON.parse(stdout) as Result;
  expect([code, verdict]).toEqual([2, 'inconclusive']);
  expect(findings).toMatchObject([{ kind: 'stalled', blame: 'consumer' }]);
  expect(notChecked).toContain('The consumer hung: it stored nothing for 5000 ms and was killed.');
});

test('a producer that is suspended before it starts is killed, and the run id stays unused', async () => {
  const folder = newFolder();
  const { child, ended } = startRun(folder);
  let producer = 0;
  await until('the producer is there', () => {
    producer = childOf(child.pid!, 'produce');
    return producer > 0;
  });
  process.kill(producer, 'SIGSTOP');
  const { code, stderr } = await ended;
  expect([code, stderr]).toEqual([
    69,
    expect.stringContaining('The producer hung: it was silent for 4000 ms'),
  ]);
  expect(folder.isUsed()).toBe(false);
});
