/** The pipelines of `examples/protocol`, run as its README says, healthy and with planted bugs; and its sink in Python. */
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, inject, test } from 'vitest';
import type { Result } from '../../src/result/result.ts';
import { nodropInProcess } from '../fixtures/nodrop-in-process.ts';
import { newDir, program } from '../fixtures/nodrop.ts';
import { ordersFrom, writeOrders } from '../fixtures/order-rows.ts';
import { hasKcat, protocolFolder } from '../fixtures/protocol-programs.ts';

/** Runs a pipeline in a copy of the folder, in which each text of `changes` is replaced. */
async function run(
  pipeline: string,
  changes: Readonly<Record<string, readonly [from: string, to: string]>> = {},
): Promise<Result> {
  const folder = newDir();
  cpSync(protocolFolder, folder, { recursive: true });
  for (const [file, [from, to]] of Object.entries(changes)) {
    const text = readFileSync(join(folder, file), 'utf8');
    expect(text).toContain(from);
    writeFileSync(join(folder, file), text.replace(from, to));
  }
  const { promise, resolve } = Promise.withResolvers<Result>();
  execFile(process.execPath, [program, 'run', pipeline, '--json'], { cwd: folder }, (_, stdout, stderr) => {
    if (stdout === '') process.stderr.write(stderr);
    resolve(JSON.parse(stdout) as Result);
  });
  return await promise;
}

describe.skipIf(!hasKcat)('the pipelines of examples/protocol', () => {
  test.each(['python', 'bash'])('%s: all messages arrive', async (pipeline) => {
    expect(await run(pipeline)).toMatchObject({ verdict: 'pass', findings: [] });
  });

  test('a sink that leaves a row out has lost it', async () => {
    const result = await run('bash', {
      'sink.sh': ['| jq', '| sed 3d | jq'],
    });
    expect(result).toMatchObject({ verdict: 'fail', findings: [{ kind: 'lost', count: 1 }] });
  });

  test('a source that acknowledges what it did not send is found out', async () => {
    const result = await run('bash', {
      'source.sh': ['if produce "$line"', 'if [[ $line = *\'"sequence":7,\'* ]] || produce "$line"'],
    });
    expect(result).toMatchObject({ verdict: 'fail' });
    expect(result.findings[0]).toMatchObject({ kind: 'lost', count: 1 });
  });
});

test('the sink in Python tells rows and positions of SQLite', async () => {
  const bootstrapServers = inject('bootstrapServers');
  const topic = `orders-${randomUUID()}`;
  const orders = ordersFrom(0, 10);
  await writeOrders(bootstrapServers, topic, orders);
  const path = join(newDir(), 'orders.db');
  const database = new DatabaseSync(path);
  database.exec(
    'CREATE TABLE orders (event_id TEXT, status TEXT, amount INTEGER); CREATE TABLE positions (topic TEXT, partition INTEGER, next_offset INTEGER)',
  );
  database.prepare('INSERT INTO positions VALUES (?, 0, 9)').run(topic);
  for (const { id, status } of orders.slice(1, 9))
    database.prepare('INSERT INTO orders VALUES (?, ?, 1)').run(id, status);
  database.close();
  const ended = await nodropInProcess([
    'check',
    `--bootstrap-server=${bootstrapServers}`,
    `--topic=${topic}`,
    '--id=header:event-id',
    '--category=json:status',
    `--sink=command:python3 ${join(protocolFolder, 'sink.py')} ${path} orders`,
    '--sink-id=column:id',
    '--sink-category=column:category',
    '--settle=50ms',
    `--dir=${newDir()}`,
    '--json',
  ]);
  // The first is lost, and the last was not reached.
  const { findings, notChecked } = JSON.parse(ended.stdout) as Result;
  expect(findings).toMatchObject([{ kind: 'lost', count: 1, examples: [{ offset: 0 }] }]);
  expect(notChecked.join(' ')).toContain('1 ');
});
