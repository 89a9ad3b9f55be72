/** Each Kafka that nodrop can start, in each of its modes: a run from end to end, and one whose leader is killed. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterEach, expect, test, vi } from 'vitest';
import { foldersIn, zookeeperFolderOf } from '../../src/kafka/broker/broker-folders.ts';
import { pinnedVersions } from '../../src/kafka/broker/versions.ts';
import { leftoverProcess } from '../../src/system/process-record.ts';
import { startKafka, type RunningKafka } from '../../src/kafka/broker/start-kafka.ts';
import { createTopic } from '../../src/kafka/client/topics.ts';
import type { Result } from '../../src/result/result.ts';
import { newDir, nodrop } from '../fixtures/nodrop.ts';

afterEach(() => vi.unstubAllEnvs());

/** A version that is not yet in the cache is downloaded first; the time limit for Maven is ten minutes. */
const timeoutMs = 900_000;
const survived = ['--rate=300', '--duration=12s'];
const withZooKeeper = ['--kafka-version=3.9.2', '--zookeeper'];

const ways = pinnedVersions.flatMap(({ version, hasZooKeeper }) => {
  const args = [`--kafka-version=${version}`];
  const kraft = { name: `${version} in KRaft mode`, version, args, zookeeper: undefined };
  if (!hasZooKeeper) return [kraft];
  const name = `${version} with ZooKeeper`;
  return [kraft, { name, version, args: [...args, '--zookeeper'], zookeeper: expect.stringMatching(/^3\./) }];
});

/** Expects that a run passes and that none of its processes is left. */
async function passes(args: readonly string[]): Promise<Result> {
  const dir = newDir();
  const { code, stdout, stderr } = await nodrop(['run', '--json', '--quiet', `--dir=${dir}`, ...args], {
    KAFKA_HOME: undefined,
  });
  expect(code, stderr + stdout).toBe(0);
  const result = JSON.parse(stdout) as Result;
  expect(result).toMatchObject({ verdict: 'pass', findings: [], notChecked: [] });
  expect(result.faults.every(({ tookEffect }) => tookEffect)).toBe(true);
  const { stdout: processes } = await promisify(execFile)('ps', ['-A', '-ww', '-o', 'args=']);
  expect(processes.split('\n').filter((line) => line.includes(dir))).toEqual([]);
  return result;
}

test.each(ways)(
  'Kafka $name: a run passes, and its result names the version',
  async ({ version, args, zookeeper }) => {
    const { environment, ledger, store } = await passes([...args, '--messages=1000']);
    expect(environment).toMatchObject({ kafka: version });
    expect(environment.zookeeper).toEqual(zookeeper);
    expect([ledger.acked, store.rows]).toEqual([1000, 1000]);
  },
  timeoutMs,
);

test.each(ways)(
  'Kafka $name: a run on three brokers passes if a leader is killed and comes back',
  async ({ args }) => {
    const { faults } = await passes([...args, ...survived, '--brokers=3', '--fault=kill-leader@3s+3s']);
    expect(faults[0]!.evidence.join('\n')).toMatch(/partition 0: leader epoch \d+ to \d+/);
  },
  timeoutMs,
);

test.each([
  ['kill-controller@1s+4s', /the active controller was broker [123] and is broker [123]/],
  ['kill-majority@1s+3s', /broker [123] was started again/],
  ['pause-leader@1s+7s', /partition 0: leader epoch \d+ to \d+/],
])(
  'a run on three brokers with ZooKeeper passes with the fault %s',
  async (fault, evidence) => {
    const { faults } = await passes([...withZooKeeper, ...survived, '--brokers=3', `--fault=${fault}`]);
    expect(faults[0]!.evidence.join('\n')).toMatch(evidence);
  },
  timeoutMs,
);

test(
  'a killed single broker with ZooKeeper comes back with its topics when its old session has ended',
  async () => {
    const { faults } = await passes([...withZooKeeper, ...survived, '--fault=kill-broker@1s+100ms']);
    expect(faults[0]!.evidence.join('\n')).toMatch(/broker 1 was started again as process \d+/);
  },
  timeoutMs,
);

test(
  'the exit of a killed ZooKeeper is reported, its data stay in the folder, and it ends with its brokers',
  async () => {
    vi.stubEnv('KAFKA_HOME', undefined);
    const dir = newDir();
    const options = { dir, kafkaVersion: '3.9.2', zookeeper: true };
    const running = async (): Promise<number[]> =>
      (await Promise.all(foldersIn(dir).map(leftoverProcess))).filter((pid) => pid !== undefined);
    const createKept = async ({ bootstrapServers }: RunningKafka): Promise<boolean> =>
      await createTopic({ bootstrapServers, client: {}, timeoutMs: 20_000 }, 'kept', 1);
    const first = await startKafka(options);
    expect(await createKept(first)).toBe(true);
    expect(await running()).toHaveLength(2);
    process.kill((await leftoverProcess(zookeeperFolderOf(dir)))!, 'SIGKILL');
    expect(await first.exited).toMatchObject({ name: 'ZooKeeper', broker: undefined, code: 137 });
    await first.brokers[0]!.kill();
    await first.stop();
    expect(await running()).toEqual([]);
    // The data include the session of the killed broker, which must end first.
    await using second = await startKafka(options);
    expect(await createKept(second)).toBe(false);
    await second.stop();
    expect(await running()).toEqual([]);
  },
  timeoutMs,
);

test(
  'a chaos run passes on Kafka 3.9.2 with ZooKeeper',
  async () => {
    const dir = newDir();
    const args = ['chaos', '--runs=1', '--seed=3', '--json', `--dir=${dir}`, ...withZooKeeper];
    const { code, stdout, stderr } = await nodrop(args, { KAFKA_HOME: undefined });
    expect(code, stderr + stdout).toBe(0);
    const { runs } = JSON.parse(stdout) as { runs: { verdict: string; plan: object }[] };
    expect(runs).toMatchObject([{ verdict: 'pass', plan: { kafkaVersion: '3.9.2', zookeeper: true } }]);
  },
  timeoutMs,
);
