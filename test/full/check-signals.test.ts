/** Ctrl-C and kills at random moments of a check: there is a verdict, or nothing but a folder that clean removes. */
import { randomBytes } from 'node:crypto';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, expect, inject, test } from 'vitest';
import type { Result } from '../../src/result/result.ts';
import { newDir, start, until } from '../fixtures/nodrop.ts';
import { nodropInProcess } from '../fixtures/nodrop-in-process.ts';
import { ordersFrom, writeOrders } from '../fixtures/order-rows.ts';

const bootstrapServers = inject('bootstrapServers');
const name = `orders-${randomBytes(6).toString('hex')}`;
const dir = newDir();
const orders = ordersFrom(0, 2_000);
const rows = join(dir, 'rows.jsonl');

beforeAll(async () => {
  await writeOrders(bootstrapServers, name, orders);
  // One is missing, so that the check looks twice.
  writeFileSync(
    rows,
    orders
      .slice(1)
      .map((order) => `${JSON.stringify(order)}\n`)
      .join(''),
  );
});

const moments = Array.from({ length: 12 }, (_, index) => 150 * index + 100);

test.for(moments.flatMap((ms) => (['SIGINT', 'SIGKILL'] as const).map((signal) => [ms, signal] as const)))(
  'after %i ms, %s',
  async ([ms, signal]) => {
    const run = `check-${ms}-${signal.toLowerCase()}`;
    const { child, ended } = start([
      'check',
      `--bootstrap-server=${bootstrapServers}`,
      `--topic=${name}`,
      '--id=header:event-id',
      `--sink=file:${rows}`,
      '--sink-id=json:id',
      '--settle=300ms',
      `--dir=${dir}`,
      `--run=${run}`,
      '--json',
    ]);
    await sleep(ms);
    child.kill(signal);
    const { code, stdout } = await ended;
    const folder = join(dir, 'runs', run);
    // It found the missing row, was stopped, or was killed.
    expect([1, 130, null]).toContain(code);
    const found = stdout === '' ? [] : (JSON.parse(stdout) as Result).findings.map(({ kind }) => kind);
    expect(found).toEqual(code === 1 ? ['lost'] : []);
    const verified = existsSync(folder)
      ? await nodropInProcess(['verify', run, '--dir', dir, '--json'])
      : undefined;
    // A check that wrote down all that it read can be judged. Any other is refused, or has no verdict.
    expect(code === 1 ? [1] : [undefined, 1, 2, 64]).toContain(verified?.code);
    const cleaned = await nodropInProcess(['clean', '--dir', dir, '--all', '--yes']);
    expect(cleaned.code).toBe(0);
    expect(existsSync(folder)).toBe(false);
  },
);

test('Ctrl-C while the check waits to look again ends it at once', async () => {
  const folder = join(dir, 'runs', 'settling');
  const { child, ended } = start([
    'check',
    `--bootstrap-server=${bootstrapServers}`,
    `--topic=${name}`,
    '--id=header:event-id',
    `--sink=file:${rows}`,
    '--sink-id=json:id',
    '--settle=10m',
    `--dir=${dir}`,
    '--run=settling',
  ]);
  await until('a first look has found the missing row', () => existsSync(join(folder, 'findings.jsonl')));
  child.kill('SIGINT');
  expect((await ended).code).toBe(130);
  const cleaned = await nodropInProcess(['clean', '--dir', dir, '--yes']);
  expect(cleaned.stdout).toContain(`crashed      ${folder}`);
  expect(existsSync(folder)).toBe(false);
});
