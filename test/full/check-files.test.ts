/** `nodrop check` with files and programs as sinks, in each of their formats. */
import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { beforeAll, describe, expect, inject, test } from 'vitest';
import type { Result } from '../../src/result/result.ts';
import { newDir } from '../fixtures/nodrop.ts';
import { nodropInProcess } from '../fixtures/nodrop-in-process.ts';
import { ordersFrom, writeOrders } from '../fixtures/order-rows.ts';

interface Row {
  id: string;
  status: string;
  amount: number;
}

const bootstrapServers = inject('bootstrapServers');
const name = `orders-${randomBytes(6).toString('hex')}`;
const dir = newDir();
const orders = ordersFrom(0, 60);
const rows: Row[] = orders.map(({ id, status, amountCents }) => ({
  id,
  status: status.toUpperCase(),
  amount: amountCents,
}));

beforeAll(async () => {
  await writeOrders(bootstrapServers, name, orders);
});

/** Each writes the rows, and returns the location. */
const formats: [format: string, write: (rows: readonly Row[], folder: string) => string][] = [
  [
    'JSON Lines, in two files',
    (rows, folder) => {
      const lines = rows.map((row) => `${JSON.stringify(row)}\n`);
      writeFileSync(join(folder, 'part-1.jsonl'), lines.slice(0, 20).join(''));
      writeFileSync(join(folder, 'part-2.jsonl'), lines.slice(20).join(''));
      return `file:${folder}/part-*.jsonl`;
    },
  ],
  [
    'compressed CSV',
    (rows, folder) => {
      const lines = rows.map(({ id, status, amount }) => `"${id}",${status},${amount}\r\n`);
      writeFileSync(join(folder, 'orders.csv.gz'), gzipSync(`id,status,amount\r\n${lines.join('')}`));
      return `file:${join(folder, 'orders.csv.gz')}`;
    },
  ],
  [
    'Parquet',
    (rows, folder) => {
      const columnData = [
        { name: 'id', data: rows.map(({ id }) => id), type: 'STRING' as const },
        { name: 'status', data: rows.map(({ status }) => status), type: 'STRING' as const },
        { name: 'amount', data: rows.map(({ amount }) => BigInt(amount)), type: 'INT64' as const },
      ];
      writeFileSync(join(folder, 'orders.parquet'), Buffer.from(parquetWriteBuffer({ columnData })));
      return `file:${join(folder, 'orders.parquet')}`;
    },
  ],
  [
    'the lines of a program',
    (rows, folder) => {
      const stored = rows.map(({ id, status, amount }) => ({
        type: 'store',
        id,
        category: status,
        status,
        amount,
      }));
      const lines = [...stored, { type: 'complete', of: 'store' }].map((line) => `${JSON.stringify(line)}\n`);
      writeFileSync(join(folder, 'lines'), lines.join(''));
      return `command:cat '${join(folder, 'lines')}'`;
    },
  ],
];

const categories = ['--category', 'json:status', '--sink-category', 'column:status'];
const names = ['--category-map', 'open=OPEN,paid=PAID,failed=FAILED'];
const values = [...categories, ...names, '--compare', 'json:amountCents=column:amount'];

async function check(sink: string): Promise<{ code: number | null; stderr: string; result: Result }> {
  const kafka = ['--bootstrap-server', bootstrapServers, '--topic', name, '--dir', dir];
  const ids = ['--id', 'header:event-id', '--sink', sink, '--sink-id', 'column:id', '--settle', '100ms'];
  const ended = await nodropInProcess(['check', ...kafka, ...ids, ...values, '--json']);
  const result = ended.stdout === '' ? undefined : (JSON.parse(ended.stdout) as Result);
  return { code: ended.code, stderr: ended.stderr, result: result! };
}

describe.each(formats)('checking %s', (_, write) => {
  test('rows of all records pass', async () => {
    const { code, stderr, result } = await check(write(rows, newDir()));
    expect({ code, stderr, findings: result?.findings }).toMatchObject({ code: 0, findings: [] });
    expect(result.acknowledged.right).toBe(60);
  });

  test('a row that is missing, doubled, in another category, or changed is found', async () => {
    const wrong = rows.filter((_, index) => index !== 7);
    wrong.push(rows[11]!);
    wrong[20] = { ...wrong[20]!, status: 'OTHER' };
    wrong[30] = { ...wrong[30]!, amount: -1 };
    const { code, result } = await check(write(wrong, newDir()));
    expect(code).toBe(1);
    const ids = (kind: string) =>
      result.findings
        .filter((finding) => finding.kind === kind && finding.blame === 'consumer')
        .flatMap(({ examples }) => examples.map(({ id }) => id));
    expect(result.findings).toHaveLength(4);
    expect(ids('lost')).toEqual(['order-7']);
    expect(ids('duplicated')).toEqual(['order-11']);
    expect(ids('misclassified')).toEqual(['order-21']);
    expect(ids('corrupted')).toEqual(['order-31']);
  });
});

test('a file that is cut off is no loss: the check cannot be made', async () => {
  const path = join(newDir(), 'orders.jsonl');
  const lines = rows.map((row) => `${JSON.stringify(row)}\n`).join('');
  writeFileSync(path, lines.slice(0, -30));
  const { code, stderr } = await check(`file:${path}`);
  expect(code).toBe(69);
  expect(stderr).toContain(`${path}:60: the line is cut off: the file ends within it.`);
});
