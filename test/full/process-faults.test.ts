/** Faults on a user's processes and on their way to brokers that nodrop has started, by the schedule of a run. */
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, inject, test, vi } from 'vitest';
import type { Config, ProcessConfig } from '../../src/config/config.ts';
import type { Pipeline } from '../../src/faults/fault.ts';
import { faults } from '../../src/faults/catalog.ts';
import { parseFault } from '../../src/faults/fault-schedule.ts';
import { beginSchedule } from '../../src/faults/run-schedule.ts';
import { runPipeline } from '../../src/index.ts';
import { startKafka } from '../../src/kafka/broker/start-kafka.ts';
import { openCluster } from '../../src/kafka/client/cluster.ts';
import { createTopic } from '../../src/kafka/client/topics.ts';
import { publishRecords } from '../../src/kafka/produce/foreign-records.ts';
import { ProcessLinks } from '../../src/processes/process-links.ts';
import type { FaultRecord } from '../../src/result/result.ts';
import { newDir } from '../fixtures/nodrop.ts';
import { startUserProcesses, type Started } from '../fixtures/user-processes.ts';

const root = join(import.meta.dirname, '../..');
const timeoutMs = 30_000;
const messages = 400;

const consumer = (topic: string, count: number): ProcessConfig => ({
  command: [process.execPath, join(root, 'test/fixtures/group-consumer.js')],
  cwd: root,
  count,
  env: { TOPIC: topic, GROUP: topic },
  ready: { group: topic, within: '30s' },
});

interface Survived {
  faults: FaultRecord[];
  all: Started;
  /** How often each message was read, in the order of the messages. */
  reads: number[];
}

/** Runs consumers through the faults while messages are sent, and waits until each message was read. */
async function survive(
  texts: readonly string[],
  { advertise, count = 1 }: { advertise?: string; count?: number } = {},
): Promise<Survived> {
  const schedule = texts.map(parseFault);
  const topic = `t${randomUUID().slice(0, 8)}`;
  const links = new ProcessLinks(['worker'], schedule, advertise === undefined ? {} : { advertise });
  await using kafka = await startKafka({ listeners: links.listeners() });
  const access = { bootstrapServers: kafka.bootstrapServers, client: {}, timeoutMs };
  await createTopic(access, topic, 2);
  const all = await startUserProcesses({ worker: consumer(topic, count) }, { access, links });
  try {
    const pipeline = {
      processes: all.byName,
      links: links.links,
      signal: new AbortController().signal,
    } as unknown as Pipeline;
    const running = beginSchedule(schedule, pipeline, { note: () => {}, changed: () => {} });
    const publishing = publish(kafka.bootstrapServers, topic);
    await running.over;
    const records = await running.end();
    await publishing;
    const logs = (): string => all.all.map(({ logFile }) => readFileSync(logFile, 'utf8')).join('');
    const readsNow = (): number[] => {
      const got = [...logs().matchAll(/got m(\d+)\n/g)].map(([, number]) => Number(number));
      return Array.from({ length: messages }, (_, i) => got.filter((number) => number === i).length);
    };
    await vi.waitFor(() => expect(Math.min(...readsNow())).toBeGreaterThan(0), timeoutMs);
    expect(all.ended).toEqual([]);
    return { faults: records, all, reads: readsNow() };
  } finally {
    await all.stop();
    await links.close();
  }
}

async function publish(bootstrapServers: string, topic: string): Promise<void> {
  await using cluster = await openCluster({ bootstrapServers, clientId: 'test', timeoutMs });
  for (let i = 0; i < messages; i += 10) {
    const some = Array.from({ length: 10 }, (_, more) => Buffer.from(`m${i + more}`));
    await publishRecords(cluster, topic, some, timeoutMs);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

const survived: [fault: string, evidence: RegExp, count?: number][] = [
  ['kill-process:worker:after-commit@500ms+500ms', /it had told the point after-commit/],
  ['pause-process:worker@500ms+3s', /, worker-0, (is|are) in state T/, 2],
  ['restart-process:worker@500ms', /worker-1, process \d+, ended with exit code 0 after SIGTERM/, 2],
  ['rebalance-storm:worker@500ms+3s', /processes of worker left and came back \d+ times?/, 2],
  ['cut:worker@500ms+1s', /worker and its network, (there|back): \d+ bytes were held back/],
  ['cut:worker-acks@500ms+1s', /worker and its network, back: \d+ bytes were held back/],
  ['latency:worker=30ms@500ms+1s', /pieces of data came 30±0 ms later/],
  ['bandwidth:worker=20kB@500ms+1s', /\d+ bytes took \d+ ms to pass/],
  ['reset_peer:worker@500ms', /worker and its network: [1-9]\d* connections? (was|were) reset/],
];

test.each(survived)('a consumer survives %s, and reads each message', async (text, evidence, count) => {
  const {
    faults: [fault],
  } = await survive([text], { count: count ?? 1 });
  expect(fault, JSON.stringify(fault)).toMatchObject({ tookEffect: true });
  expect(fault!.evidence.join('; ')).toMatch(evidence);
});

test('the end of a connection comes late if a fault says so', async () => {
  const {
    faults: [late],
  } = await survive(['slow_close:worker=200ms@300ms+3s', 'kill-process:worker@1s+500ms']);
  expect(late!.evidence.join()).toMatch(/connections? (was|were) closed 200 ms late/);
});

test('processes reach brokers under the advertised host, through proxies too', async () => {
  const {
    faults: [fault],
    all,
  } = await survive(['cut:worker@500ms+1s'], { advertise: 'localhost' });
  expect(fault).toMatchObject({ tookEffect: true });
  expect(all.all).toHaveLength(1);
});

test('a run does not wait for ever for a point that no process tells, and is inconclusive', async () => {
  const name = `p${randomUUID().slice(0, 8)}`;
  const config: Config = {
    kafka: { bootstrapServers: inject('bootstrapServers') },
    processes: {
      forwarder: {
        command: [process.execPath, join(root, 'test/fixtures/forwarder.cjs'), name],
        ready: { group: `${name}-group` },
      },
    },
    pipelines: {
      orders: {
        source: { topic: name },
        sinks: { out: { topic: `${name}.out`, group: `${name}-group` } },
        settle: '1s',
        timeout: '10s',
      },
    },
  };
  const faults = ['kill-process:forwarder:nowhere@100ms'];
  const { verdict, findings, ...result } = await runPipeline(config, 'orders', {
    messages: 200,
    rate: 100,
    faults,
    dir: newDir(),
  });
  expect({ verdict, findings }).toEqual({ verdict: 'inconclusive', findings: [] });
  expect(result.faults).toMatchObject([
    { tookEffect: false, evidence: ['forwarder never told the point nowhere'] },
  ]);
});

test('each fault on the processes of a user has a run here', () => {
  const tried = survived.map(([text]) => text).join(' ');
  const missing = faults.filter(({ name, usersOnly }) => usersOnly === true && !tried.includes(`${name}:`));
  expect(missing.map(({ name }) => name)).toEqual([]);
});
