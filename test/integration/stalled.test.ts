/** Live runs without progress: they end, say where the lag is, and blame the stage that stood still. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { isAlive } from '../../src/system/process-state.ts';
import type { Result } from '../../src/result/result.ts';
import { startImpatientRun } from '../fixtures/impatient-run.ts';
import { newRun } from '../fixtures/new-run.ts';
import { childOf, until } from '../fixtures/nodrop.ts';

test('a consumer that is suspended for good is killed, and the run ends with stalled partitions', async () => {
  const { folder } = newRun();
  const { ended } = startImpatientRun(folder);
  await until('the consumer is there', () => isAlive(folder.consumerPid() ?? 0));
  const { pid } = JSON.parse(readFileSync(join(folder.path, 'consumer.json'), 'utf8')) as { pid: number };
  process.kill(pid, 'SIGSTOP');
  const { code, stdout } = await ended;
  const { verdict, findings, notChecked } = JSON.parse(stdout) as Result;
  expect([code, verdict]).toEqual([2, 'inconclusive']);
  expect(findings).toMatchObject([{ kind: 'stalled', blame: 'consumer', count: 2 }]);
  expect(notChecked).toContain('The consumer hung: it was silent for 4000 ms and was killed.');
});

test('a producer that is suspended before it starts is killed, and the run id stays unused', async () => {
  const { folder } = newRun();
  const { child, ended } = startImpatientRun(folder);
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
