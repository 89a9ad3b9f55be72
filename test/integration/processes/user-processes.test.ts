/** A user's processes on a real Kafka and a real database: when they are ready, and what cuts them off. */
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, inject, test, vi } from 'vitest';
import type { ProcessConfig } from '../../../src/config/config.ts';
import type { Pipeline } from '../../../src/faults/fault.ts';
import { parseFault } from '../../../src/faults/fault-schedule.ts';
import { beginSchedule } from '../../../src/faults/run-schedule.ts';
import { groupMembers } from '../../../src/kafka/client/groups.ts';
import { addressesOf } from '../../../src/processes/process-plan.ts';
import { ProcessLinks } from '../../../src/processes/process-links.ts';
import { ordersFrom } from '../../fixtures/order-rows.ts';
import { OrderTopic } from '../../fixtures/order-topic.ts';
import { program, startUserProcesses } from '../../fixtures/user-processes.ts';

const root = join(import.meta.dirname, '../../..');
const access = { bootstrapServers: inject('bootstrapServers'), client: {}, timeoutMs: 20_000 };

const consumer = (topic: string, group: string, more: Partial<ProcessConfig> = {}): ProcessConfig => ({
  command: [process.execPath, join(root, 'test/fixtures/group-consumer.js')],
  cwd: root,
  env: { TOPIC: topic, GROUP: group, ...more.env },
  ready: { group, within: '20s' },
  ...more,
});

test('a process is ready when its group owns all partitions; killed after a commit, it comes back and goes on', async () => {
  await using topic = await OrderTopic.create(3);
  const group = `g-${randomBytes(6).toString('hex')}`;
  await using all = await startUserProcesses(
    { worker: consumer(topic.name, group, { count: 2 }) },
    { access },
  );
  expect(await groupMembers(access, group, topic.name)).toBeGreaterThan(0);
  const logs = (): string => all.all.map(({ logFile }) => readFileSync(logFile, 'utf8')).join('');

  const pipeline = { processes: all.byName, signal: AbortSignal.any([]) } as unknown as Pipeline;
  const observer = { note: () => {}, changed: () => {} };
  const faults = ['kill-process:worker:after-commit@0s+100ms'].map(parseFault);
  const running = beginSchedule(faults, pipeline, observer);
  const orders = ordersFrom(0, 30);
  await Promise.all(
    [0, 1, 2].map((partition) =>
      topic.addOrders(orders.slice(partition * 10, partition * 10 + 10), partition),
    ),
  );
  await running.over;
  const [fault] = await running.end();
  expect(fault).toMatchObject({ tookEffect: true });
  expect(fault!.evidence[0]).toBe('it had told the point after-commit');
  await vi.waitFor(() => {
    for (const { id } of orders) expect(logs()).toContain(`"id":"${id}"`);
  }, 20_000);
  expect(all.ended).toEqual([]);
});

test('a group that does not come is named, with what it lacks', async () => {
  const starting = startUserProcesses(
    { worker: program('setInterval(() => {}, 1000)', { ready: { group: 'nobody', within: '500ms' } }) },
    { access },
  );
  await expect(starting).rejects.toThrow('worker was not ready within 500ms: group nobody has no members.');
});

test('a process that is cut off from its database waits, and nothing of what it sent is lost', async () => {
  const { location, password } = inject('postgres');
  const database = new URL(location);
  database.password = password;
  const source = `
    const { Client } = require('pg');
    const client = new Client(process.env.DB);
    client.on('error', (error) => console.log(error.message));
    client.connect().then(async () => {
      console.log('ready');
      for (let i = 0; ; i++) {
        const { rows } = await client.query('select $1::int as n', [i]);
        console.log('answer ' + rows[0].n);
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    }).catch((error) => console.log(error));`;
  const schedule = ['cut:worker@0s+400ms', 'reset_peer:worker@1s'].map(parseFault);
  await using links = Object.assign(new ProcessLinks(['worker'], schedule), {
    [Symbol.asyncDispose]: () => links.close(),
  });
  const sinks = { table: { database: database.href, table: 'orders' } };
  await using all = await startUserProcesses(
    { worker: program(source, { cwd: root, env: { DB: '{url:table}' } }) },
    { addresses: addressesOf({ source: { topic: 't' }, sinks }), links },
  );
  const [worker] = all.all;
  expect(readFileSync(worker!.logFile, 'utf8')).not.toContain(password);
  const pipeline = { processes: all.byName, links: links.links } as unknown as Pipeline;
  const running = beginSchedule(schedule, pipeline, { note: () => {}, changed: () => {} });
  await running.over;
  const [cut, reset] = await running.end();
  expect(cut).toMatchObject({ target: 'worker and its network', tookEffect: true });
  expect(cut!.evidence.join()).toMatch(/worker and its network, (there|back): \d+ bytes were held back/);
  expect(reset).toMatchObject({ tookEffect: true });
  expect(reset!.evidence).toEqual(['worker and its network: 1 connection was reset']);
  await vi.waitFor(() => expect(worker!.tail()).toMatch(/Connection terminated|ECONNRESET/));
  const answers = [...readFileSync(worker!.logFile, 'utf8').matchAll(/answer (\d+)/g)].map(([, n]) =>
    Number(n),
  );
  expect(answers.length).toBeGreaterThan(10);
  expect(answers).toEqual(answers.map((_, i) => i));
});
