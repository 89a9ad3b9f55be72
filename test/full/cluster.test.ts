/** A cluster of three brokers: its replicas, and runs on it with faults. */
import { existsSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openCluster } from '../../src/kafka/client/cluster.ts';
import { activeController } from '../../src/kafka/client/active-controller.ts';
import { startKafka } from '../../src/kafka/broker/start-kafka.ts';
import { createTopic } from '../../src/kafka/client/topics.ts';
import { processState } from '../../src/system/process-state.ts';
import type { Result } from '../../src/result/result.ts';
import { newDir, nodrop, until } from '../fixtures/nodrop.ts';

test('one of three brokers can be killed, restarted, suspended and resumed, and its replicas are in sync again', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'nodrop-test-'));
  await using kafka = await startKafka({ dir, brokers: 3 });
  expect(kafka.brokers.map(({ nodeId }) => nodeId)).toEqual([1, 2, 3]);
  expect(kafka.bootstrapServers.split(',')).toEqual(kafka.brokers.map(({ address }) => address));
  const access = { bootstrapServers: kafka.bootstrapServers, client: {}, timeoutMs: 20_000 };
  await createTopic(access, 'replicated', 3);
  await using cluster = await openCluster({ ...access, clientId: 'test' });
  const partitions = async () => (await cluster.metadata('replicated'))!.partitions;
  await until('all are in sync', async () =>
    (await partitions()).every(({ inSyncReplicas }) => inSyncReplicas.length === 3),
  );
  expect(kafka.brokers.map(({ nodeId }) => nodeId)).toContain(await activeController(cluster));

  const [before] = await partitions();
  const leader = kafka.brokers.find(({ nodeId }) => nodeId === before!.leader)!;
  const pid = leader.pid!;
  await leader.kill();
  expect(leader.pid).toBeUndefined();
  expect(await processState(pid)).toBeUndefined();
  await until('another leads', async () => {
    const [now] = await partitions();
    return now!.leader >= 0 && now!.leader !== leader.nodeId && now!.leaderEpoch > before!.leaderEpoch;
  });
  expect(await leader.start()).toBe('started');
  expect(leader.pid).not.toBe(pid);
  await until('it is in sync again', async () =>
    (await partitions()).every(({ inSyncReplicas }) => inSyncReplicas.length === 3),
  );

  leader.suspend();
  await until('it stands still', async () => (await processState(leader.pid!)) === 'T');
  leader.resume();
  await until('it goes on', async () => (await processState(leader.pid!)) !== 'T');
  await kafka.stop({ discard: true });
  expect(existsSync(dir)).toBe(false);
});

test('a run passes if a leader is killed and restarted, and a broker is paused past its session', async () => {
  const { code, stdout, stderr } = await nodrop([
    'run',
    '--json',
    '--quiet',
    '--brokers=3',
    '--rate=400',
    '--duration=20s',
    `--dir=${newDir()}`,
    // The broker may be the active controller too: then its session of 3 s begins again after the next election.
    '--fault=kill-leader@1s+9s',
    '--fault=pause-broker@13s+5s',
  ]);
  expect(code, stderr + stdout).toBe(0);
  const { faults, verdict } = JSON.parse(stdout) as Result;
  expect(verdict).toBe('pass');
  const [killed, paused] = faults;
  expect(killed!.evidence.join('\n')).toMatch(/partition 0: leader epoch \d+ to \d+/);
  expect(paused!.evidence.join('\n')).toMatch(/process \d+, broker [123], is in state T/);
});
