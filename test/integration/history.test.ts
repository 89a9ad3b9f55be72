/** The evidence of a run, exported as a history and judged again from that history alone. */
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { cpSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, inject, test } from 'vitest';
import type { Result } from '../../src/result/result.ts';
import { nodropInProcess } from '../fixtures/nodrop-in-process.ts';
import { newDir, nodrop, program } from '../fixtures/nodrop.ts';

const at = `--bootstrap-server=${inject('bootstrapServers')}`;

/** A run that passed, made once and copied for each test. */
async function passedRun(): Promise<{ dir: string; run: string }> {
  const dir = newDir();
  const run = `x${randomUUID().slice(0, 8)}`;
  const args = [`--run=${run}`, `--dir=${dir}`, '--messages=5000', '--seed=7', at];
  const { code, stderr } = await nodrop(['run', ...args]);
  expect(code, stderr).toBe(0);
  return { dir, run };
}
const passedOnce = passedRun();

async function copyOfRun(): Promise<{ dir: string; run: string; store: string }> {
  const { dir, run } = await passedOnce;
  const copy = newDir();
  cpSync(dir, copy, { recursive: true });
  return { dir: copy, run, store: join(copy, 'runs', run, 'store.sqlite') };
}

const essenceOf = ({ verdict, ledger, log, store, counts, findings, run }: Result) => ({
  verdict,
  run: [run.id, run.messages],
  ledger,
  log,
  store,
  // A history does not say how many writes were refused.
  counts: { ...counts, refusedWrites: null },
  findings: findings.map(({ kind, blame, count, examples }) => ({
    kind,
    blame,
    count,
    ids: examples.map(({ id }) => id),
  })),
});

async function bothResults(dir: string, run: string, store: string): Promise<[Result, Result]> {
  const verified = await nodropInProcess([
    'verify',
    run,
    '--json',
    `--dir=${dir}`,
    `--store=sqlite:${store}`,
  ]);
  const before = readdirSync(join(dir, 'runs', run)).sort();
  const exported = await nodropInProcess(['export', run, `--dir=${dir}`, `--store=sqlite:${store}`]);
  expect(exported.code, exported.stderr).toBe(0);
  const history = join(newDir(), 'history.jsonl');
  writeFileSync(history, exported.stdout);
  const judged = await nodropInProcess(['verify', '--history', history, '--json']);
  expect(judged.code, judged.stderr).toBe(verified.code);
  expect(readdirSync(join(dir, 'runs', run)).sort()).toEqual(before);
  return [JSON.parse(verified.stdout) as Result, JSON.parse(judged.stdout) as Result];
}

test('the exported history of a passed run gives the same result as the run', async () => {
  const { dir, run, store } = await copyOfRun();
  const [own, history] = await bothResults(dir, run, store);
  expect(essenceOf(history)).toEqual(essenceOf(own));
  expect(history).toMatchObject({ verdict: 'pass', store: { rows: 5000 }, run: { seed: null, topic: null } });
  expect(Object.keys(history)).toEqual(Object.keys(own));
});

const oneRow = (table: string): string =>
  `(topic_id, partition, "offset") IN (SELECT topic_id, partition, "offset" FROM ${table} LIMIT 1)`;

test.each([
  ['rows deleted', `DELETE FROM failed WHERE sequence % 50 = 3`, 'lost'],
  [
    'rows moved',
    `INSERT INTO completed SELECT * FROM failed WHERE sequence < 100; DELETE FROM failed WHERE sequence < 100`,
    'misclassified',
  ],
  ['a key altered', `UPDATE failed SET key = CAST('x' AS BLOB) WHERE ${oneRow('failed')}`, 'corrupted'],
  ['an id altered', `UPDATE failed SET id = 'p0-100000' WHERE ${oneRow('failed')}`, 'corrupted'],
  [
    'a row made a dead letter',
    `INSERT INTO dead_letters SELECT topic_id, partition, "offset", key, payload, NULL, 'why', stored_at FROM failed WHERE ${oneRow('failed')}; DELETE FROM failed WHERE ${oneRow('failed')}`,
    'wrongly-dead-lettered',
  ],
])('with %s in the store, the exported history gives the same findings as the run', async (_, sql, kind) => {
  const { dir, run, store } = await copyOfRun();
  const database = new DatabaseSync(store);
  database.exec(sql);
  database.close();
  const [own, history] = await bothResults(dir, run, store);
  expect(essenceOf(history)).toEqual(essenceOf(own));
  expect(own.findings.map((finding) => finding.kind)).toContain(kind);
});

test('missing evidence is exported as incomplete, and both verdicts are inconclusive', async () => {
  const { dir, run } = await copyOfRun();
  const nowhere = join(dir, 'nowhere.sqlite');
  const [own, history] = await bothResults(dir, run, nowhere);
  expect([own.verdict, history.verdict]).toEqual(['inconclusive', 'inconclusive']);
  const { stderr } = await nodropInProcess(['export', run, `--dir=${dir}`, `--store=sqlite:${nowhere}`]);
  expect(stderr).toContain('the evidence of store is exported as incomplete');
});

test('export ends with exit code 0 if its reader closes the pipe early', async () => {
  const { dir, run } = await copyOfRun();
  const child = spawn(process.execPath, [program, 'export', run, `--dir=${dir}`]);
  child.stdout.once('data', () => child.stdout.destroy());
  const [code] = (await once(child, 'exit')) as [number];
  expect(code).toBe(0);
});

test('several files make one history, which is named after the first', async () => {
  const { dir, run } = await copyOfRun();
  const { stdout } = await nodropInProcess(['export', run, `--dir=${dir}`]);
  const lines = stdout.trim().split('\n');
  const folder = newDir();
  const files = ['producer.jsonl', 'consumer.jsonl'].map((name) => join(folder, name));
  writeFileSync(files[0]!, lines.slice(1, 4000).join('\n'));
  writeFileSync(files[1]!, lines.slice(4000).toReversed().join('\n'));
  const { code, stdout: json } = await nodropInProcess(['verify', '--history', ...files, '--json']);
  expect(code).toBe(0);
  expect(JSON.parse(json)).toMatchObject({ verdict: 'pass', run: { id: 'producer.jsonl', messages: null } });
  const twice = await nodropInProcess(['verify', '--json', '--history', files[0]!, '--history', files[1]!]);
  expect(JSON.parse(twice.stdout)).toMatchObject({ verdict: 'pass' });
});

test('an error in a history names file and line, and stdout stays empty', async () => {
  const path = join(newDir(), 'history.jsonl');
  writeFileSync(path, '{"type":"complete","of":"log"}\n{"type":"complete"}\n');
  expect(await nodropInProcess(['verify', '--json', '--history', path])).toEqual({
    code: 64,
    stdout: '',
    stderr: expect.stringContaining(`${path}:2: the line of type complete has no of`),
  });
  expect(await nodropInProcess(['verify', '--history', join(path, 'none')])).toMatchObject({
    code: 64,
    stdout: '',
  });
  expect(await nodropInProcess(['verify', 'some-run', '--history', path])).toMatchObject({
    code: 64,
    stdout: '',
  });
  expect(await nodropInProcess(['export', 'some-run', `--dir=${newDir()}`])).toMatchObject({
    code: 64,
    stdout: '',
  });
});
