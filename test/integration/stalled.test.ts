/** Live runs in which nothing moves: they end, say where the lag is, and blame who stood still. */
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, inject, test } from 'vitest';
import { joinGroup } from '../../src/kafka/consumer-group.ts';
import type { Result } from '../../src/result.ts';
import { RunFolder } from '../../src/run-folder.ts';
import { newDir, start, until } from './nodrop.ts';

const bootstrapServers = inject('bootstrapServers');

const startRun = (messages: number): { folder: RunFolder; ended: ReturnType<typeof start>['ended'] } => {
  const [dir, run] = [newDir(), `st${randomUUID().slice(0, 8)}`];
  const args = [`--run=${run}`, `--dir=${dir}`, `--messages=${messages}`, '--timeout=5s', '--partitions=2'];
  const { ended } = start(['run', '--json', `--bootstrap-server=${bootstrapServers}`, ...args]);
  return { folder: new RunFolder(dir, run), ended };
};

test('a member of the group that takes partitions and reads nothing', async () => {
  const { folder, ended } = startRun(50_000);
  await until('the topic is there', () => folder.isUsed());
  const { topic, group } = folder.readManifest()!;
  const { signal } = new AbortController();
  const access = { bootstrapServers, client: {}, settings: {}, timeoutMs: 30_000, signal };
  const idler = await joinGroup({ ...access, topic, group });
  try {
    // Two members, two partitions; when the consumer gives up, the idler gets both.
    await until('both are members', () => idler.assignment().partitions.length === 1);
    const [partition] = idler.assignment().partitions;
    const { code, stdout } = await ended;
    const { verdict, findings, notChecked } = JSON.parse(stdout) as Result;
    expect([code, verdict]).toEqual([2, 'inconclusive']);
    expect(findings).toMatchObject([{ kind: 'stalled', blame: 'consumer', count: 1 }]);
    expect(findings[0]!.examples).toMatchObject([{ partition }]);
    expect(notChecked).toContain('1 partition stalled: there was lag, and no progress.');
  } finally {
    await idler.leave();
  }
});

test('a consumer that is suspended and never comes back', async () => {
  const { folder, ended } = startRun(2_000);
  await until('the consumer is there', () => folder.consumerIsAlive());
  const { pid } = JSON.parse(readFileSync(join(folder.path, 'consumer.json'), 'utf8')) as { pid: number };
  process.kill(pid, 'SIGSTOP');
  const { code, stdout } = await ended;
  const { verdict, findings, notChecked } = JSON.parse(stdout) as Result;
  expect([code, verdict]).toEqual([2, 'inconclusive']);
  expect(findings).toMatchObject([{ kind: 'stalled', blame: 'consumer', count: 2 }]);
  expect(notChecked).toContain('The consumer hung: it was silent for 10000 ms, and was killed.');
});
