/** Pipelines whose entry is an HTTP service in the test's own process, which carries messages to a topic and to a file. */
import { randomBytes } from 'node:crypto';
import { appendFileSync, globSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { expect, inject, onTestFinished, test, vi } from 'vitest';
import type { Config } from '../../src/config/config.ts';
import { runPipeline } from '../../src/index.ts';
import { newDir } from '../fixtures/nodrop.ts';
import { OrderTopic } from '../fixtures/order-topic.ts';

interface Service {
  url: string;
  topic: OrderTopic;
  rows: string;
}

/** Answers 202 at once. After that, the message comes to the topic, and a row with its position to the file. */
async function carrying({
  until,
  drops = -1,
}: { until?: () => void; drops?: number } = {}): Promise<Service> {
  const topic = await OrderTopic.create(1, {}, `carried-${randomBytes(6).toString('hex')}`);
  const rows = `${newDir()}/rows.jsonl`;
  writeFileSync(rows, '');
  let [offset, last] = [0, Promise.resolve()];
  const carry = async (before: Promise<void>, body: Promise<string>): Promise<void> => {
    await before;
    if (until !== undefined) await vi.waitFor(until, { timeout: 30_000 });
    await topic.append([{ key: null, payload: await body, headers: [] }]);
    if (offset !== drops) appendFileSync(rows, `${JSON.stringify({ p: 0, o: offset })}\n`);
    offset += 1;
  };
  const server = createServer((request, response) => {
    last = carry(last, text(request));
    request.once('end', () => response.writeHead(202).end());
  });
  const listening = Promise.withResolvers<void>();
  server.listen(0, '127.0.0.1', listening.resolve);
  await listening.promise;
  onTestFinished(async () => {
    server.close();
    await last;
    await topic[Symbol.asyncDispose]();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, topic, rows };
}

const configOf = ({ url, topic, rows }: Service): Config => ({
  kafka: { bootstrapServers: inject('bootstrapServers') },
  pipelines: {
    orders: {
      source: { http: url },
      messages: { count: 5, make: ({ id }) => ({ value: { id } }) },
      hops: { orders: { topic: topic.name, id: 'json:id' } },
      sinks: { table: { file: rows, id: 'columns:p,o' } },
      settle: '1s',
    },
  },
});

test('messages that a service accepts and hands on later are waited for, and its rows are known by the positions of their records', async () => {
  const dir = newDir();
  const wasRead = (): void =>
    expect(globSync(`${dir}/**/destinations/table/sink-1-1-named.facts`)).toHaveLength(1);
  const result = await runPipeline(configOf(await carrying({ until: wasRead })), 'orders', { dir });
  expect(result.findings).toEqual([]);
  expect(result).toMatchObject({ verdict: 'pass', acknowledged: { right: 5 } });
});

test('a message whose record has no row is named by its id', async () => {
  const result = await runPipeline(configOf(await carrying({ drops: 3 })), 'orders', { dir: newDir() });
  expect(result.findings).toMatchObject([{ kind: 'lost', blame: 'consumer', hop: 'table', count: 1 }]);
  expect(result.findings[0]!.examples[0]!.id).toMatch(/-\d$/);
});
