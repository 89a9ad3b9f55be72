/** A program that tells, beside its rows, how far it has come and which records it could not sort. */
import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, inject, test } from 'vitest';
import type { Result } from '../../src/result/result.ts';
import { newDir, type Ended } from '../fixtures/nodrop.ts';
import { nodropInProcess } from '../fixtures/nodrop-in-process.ts';
import { ordersFrom, writeOrders } from '../fixtures/order-rows.ts';

const bootstrapServers = inject('bootstrapServers');
const topic = `orders-${randomUUID()}`;
const dir = newDir();
const orders = ordersFrom(0, 10);

beforeAll(() => writeOrders(bootstrapServers, topic, orders));

/** Checks a program that prints the rows of all orders but the last, and then these lines. */
async function check(...lines: object[]): Promise<Result> {
  return JSON.parse((await run([], ...lines)).stdout) as Result;
}

/** The same, with further arguments. */
async function run(args: readonly string[], ...lines: object[]): Promise<Ended> {
  const rows = orders.slice(0, 9).map(({ id, status }) => ({ type: 'store', id, category: status }));
  const file = join(dir, 'lines.jsonl');
  const told = [...rows, ...lines, { type: 'complete', of: 'store' }];
  writeFileSync(file, told.map((line) => `${JSON.stringify(line)}\n`).join(''));
  return await nodropInProcess([
    'check',
    `--bootstrap-server=${bootstrapServers}`,
    `--topic=${topic}`,
    '--id=header:event-id',
    `--sink=command:cat ${file}`,
    '--sink-id=column:id',
    '--settle=50ms',
    `--dir=${dir}`,
    '--json',
    ...args,
  ]);
}

test('a record without a row is lost, unless the program has not come to it', async () => {
  const lost = await check();
  expect(lost.findings).toMatchObject([{ kind: 'lost', count: 1, examples: [{ id: 'order-9', offset: 9 }] }]);
  const behind = await check({ type: 'position', partition: 0, offset: 9 });
  expect(behind).toMatchObject({ verdict: 'inconclusive', findings: [] });
  const past = await check({ type: 'position', partition: 0, offset: 10 });
  expect(past.findings).toMatchObject([{ kind: 'lost', count: 1 }]);
});

test('a record that the program tells among its dead letters is not lost', async () => {
  const { findings } = await check({ type: 'deadLetter', partition: 0, offset: 9, reason: 'too late' });
  expect(findings).toMatchObject([
    { kind: 'wrongly-dead-lettered', count: 1, examples: [{ id: 'order-9' }] },
  ]);
});

test('if several topics are checked, a program must name the topic of a position', async () => {
  const other = `refunds-${randomUUID()}`;
  await writeOrders(bootstrapServers, other, ordersFrom(100, 1));
  const refused = await run([`--topic=${other}`], { type: 'position', partition: 0, offset: 9 });
  expect(refused.code).toBe(64);
  expect(refused.stderr).toContain('partition 0, offset 9 without a topic, and 2 topics are checked');
  const told = await run([`--topic=${other}`], { type: 'position', topic, partition: 0, offset: 9 });
  expect(JSON.parse(told.stdout)).toMatchObject({ verdict: 'inconclusive', findings: [] });
});
