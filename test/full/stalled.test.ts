/** Consumers that are alive and make no progress. `test/integration/stalled.test.ts` has stages that are suspended. */
import { expect, inject, test } from 'vitest';
import { joinGroup } from '../../src/kafka/client/consumer-group.ts';
import { createTopic } from '../../src/kafka/client/topics.ts';
import type { Result } from '../../src/result/result.ts';
import { groupOf, topicOf } from '../../src/run-folder/run-folder.ts';
import { newRun } from '../fixtures/new-run.ts';
import { until } from '../fixtures/nodrop.ts';
import { startImpatientRun } from '../fixtures/impatient-run.ts';

const bootstrapServers = inject('bootstrapServers');

test('a group member that takes a partition and reads nothing makes the run inconclusive, with a stalled partition', async () => {
  const { folder } = newRun();
  const [topic, group] = [topicOf(folder.id), groupOf(folder.id)];
  const access = { bootstrapServers, client: {}, timeoutMs: 30_000 };
  await createTopic(access, topic, 2);
  // The idler joins before the consumer, which could otherwise be done too early.
  const { signal } = new AbortController();
  const idler = await joinGroup({ ...access, settings: {}, signal, topic, group });
  try {
    const { ended } = startImpatientRun(folder);
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

test('a consumer that reports that it is alive but stores nothing is killed, and the run ends as stalled', async () => {
  const { folder } = newRun();
  const { ended } = startImpatientRun(folder, ['--store-timeout=1s'], { NODROP_SABOTAGE: 'stall:700' });
  const { code, stdout } = await ended;
  const { verdict, findings, notChecked } = JSON.parse(stdout) as Result;
  expect([code, verdict]).toEqual([2, 'inconclusive']);
  expect(findings).toMatchObject([{ kind: 'stalled', blame: 'consumer' }]);
  expect(notChecked).toContain('The consumer hung: it stored nothing for 5000 ms and was killed.');
});
