/** The folder of a real check: it is judged again, explains ids, and is left in order when the check is stopped. */
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, inject, test } from 'vitest';
import type { Timeline } from '../../src/explain/timeline.ts';
import type { Result } from '../../src/result/result.ts';
import { newDir, start, until } from '../fixtures/nodrop.ts';
import { nodropInProcess } from '../fixtures/nodrop-in-process.ts';
import { ordersFrom, writeOrders } from '../fixtures/order-rows.ts';

const bootstrapServers = inject('bootstrapServers');
const name = `orders-${randomBytes(6).toString('hex')}`;
const dir = newDir();
const orders = ordersFrom(0, 60);
const rows = join(dir, 'rows.jsonl');
const linesOf = (some: typeof orders): string => some.map((order) => `${JSON.stringify(order)}\n`).join('');

beforeAll(async () => {
  await writeOrders(bootstrapServers, name, orders);
});

const at = ['--dir', dir, '--bootstrap-server', bootstrapServers, '--topic', name];
const places = ['--id', 'header:event-id', '--sink-id', 'json:id', '--category', 'json:status'];
const values = ['--sink-category', 'json:status', '--compare', 'json:amountCents=json:amountCents'];
const check = (run: string, sink: string): string[] =>
  ['check', at, places, values, '--run', run, '--sink', sink].flat();

describe('a check that came to its end', () => {
  let checked: Result;
  let stderr: string;
  beforeAll(async () => {
    const changed = orders.map((order) => (order.id === 'order-4' ? { ...order, amountCents: 1 } : order));
    writeFileSync(rows, linesOf(changed.filter(({ id }) => id !== 'order-17')));
    const ended = await nodropInProcess([
      ...check('shop', `file:${rows}`),
      '--settle',
      '50ms',
      '--json',
      '--quiet',
    ]);
    checked = JSON.parse(ended.stdout) as Result;
    ({ stderr } = ended);
  });
  // What the check has read is all that is needed: neither topic nor sink is asked again.
  const again = async (...args: string[]): Promise<string> => {
    rmSync(rows, { force: true });
    const { stdout } = await nodropInProcess([...args, '--dir', dir, '--json']);
    return stdout;
  };

  test('verify prints the same result, but for its own time', async () => {
    const verified = JSON.parse(await again('verify', 'shop')) as Result;
    expect(verified.timings).toMatchObject({
      readMs: checked.timings.readMs,
      totalMs: checked.timings.totalMs,
    });
    expect({ ...verified, timings: 0 }).toEqual({ ...checked, timings: 0 });
    expect(checked).toMatchObject({ verdict: 'fail', check: { looks: 2 }, acknowledged: { right: 58 } });
    expect(stderr).toBe('');
  });

  test('explain knows the ids of the application, and what the judge found', async () => {
    const lost = JSON.parse(await again('explain', 'shop', 'order-17')) as Timeline;
    expect(lost.findings).toMatchObject([{ kind: 'lost', blame: 'consumer', id: 'order-17' }]);
    expect(lost.timeline).toMatchObject([
      { hop: 'record', topic: name, partition: 0, offset: 17, category: 'failed' },
      { hop: 'sink-row', nothing: 'look 1: no row of it' },
      { hop: 'sink-row', nothing: 'look 2: no row of it' },
    ]);
    expect(lost.kcat).toContain(`-t ${name} -p 0 -o 17`);
    const corrupted = JSON.parse(await again('explain', 'shop', '0:4')) as Timeline;
    expect(corrupted).toMatchObject({ id: 'order-4', findings: [{ kind: 'corrupted' }] });
  });

  test('the report and each reporter name the root, the sink and the range', async () => {
    const files = ['junit', 'github', 'default'].map((kind) => [kind, join(dir, `report.${kind}`)]);
    await again('verify', 'shop', ...files.flatMap(([kind, file]) => ['--reporter', `${kind}=${file}`]));
    for (const [, file] of [...files, ['html', join(dir, 'runs/shop/report.html')]]) {
      const text = readFileSync(file!, 'utf8');
      expect(text.toLowerCase()).toContain('from the topic on');
      expect(text).toContain(rows);
      expect(text.match(/0:0-59|"from":0,"to":60/), file).not.toBeNull();
    }
  });
});

/** Prints rows until it is stopped. */
const endless = `command:while :; do echo '{"type":"store","id":"order-1"}'; sleep 0.05; done`;

test('Ctrl-C while a slow sink is read leaves nothing but a folder that clean removes', async () => {
  const folder = join(dir, 'runs', 'stopped');
  const { child, ended } = start(
    ['check', at, '--id', 'header:event-id', '--sink-id', 'json:id']
      .concat('--run', 'stopped', '--sink', endless)
      .flat(),
  );
  await until('the sink is read', () => existsSync(join(folder, 'sink-1-1.facts')));
  child.kill('SIGINT');
  const { code, stdout } = await ended;
  expect(code).toBe(130);
  expect(stdout).toBe('');
  expect(existsSync(join(folder, 'process.json'))).toBe(false);
  const cleaned = await nodropInProcess(['clean', '--dir', dir, '--yes']);
  expect(cleaned.stdout).toContain(`crashed      ${folder}`);
  expect(existsSync(folder)).toBe(false);
});

test('a check that cannot begin leaves no folder', async () => {
  const { code } = await nodropInProcess(check('wrong', `file:${join(dir, 'none.jsonl')}`));
  expect(code).toBe(64);
  expect(existsSync(join(dir, 'runs', 'wrong'))).toBe(false);
});
