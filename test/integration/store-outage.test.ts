/** A store that cannot be written for a while: the consumer waits, and no message is lost. */
import { execFileSync, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { DatabaseSync } from 'node:sqlite';
import { text } from 'node:stream/consumers';
import { once } from 'node:events';
import { expect, inject, test } from 'vitest';
import type { Result } from '../../src/result/result.ts';
import { RunFolder } from '../../src/run-folder/run-folder.ts';
import { storeFileOf } from '../../src/stores/engines.ts';
import { nodropInProcess } from '../fixtures/nodrop-in-process.ts';
import { newDir, nodrop, program, start, until } from '../fixtures/nodrop.ts';

const at = `--bootstrap-server=${inject('bootstrapServers')}`;

interface Produced {
  folder: RunFolder;
  /** The path of its SQLite store. */
  store: string;
  /** The arguments of its consumer, to which a test may add options. */
  consume: string[];
}

async function produced(messages: number, ...args: string[]): Promise<Produced> {
  const [dir, run] = [newDir(), `o${randomUUID().slice(0, 8)}`];
  const options = [`--run=${run}`, `--dir=${dir}`, at];
  const { code, stderr } = await nodrop(['produce', `--messages=${messages}`, ...args, ...options]);
  expect(code, stderr).toBe(0);
  const folder = new RunFolder(dir, run);
  return { folder, store: storeFileOf(folder.store)!, consume: ['consume', '--until-drained', ...options] };
}

async function verdictOf({ folder }: Produced): Promise<Result> {
  const { stdout } = await nodropInProcess(['verify', folder.id, '--json', `--dir=${folder.path}/../..`]);
  return JSON.parse(stdout) as Result;
}

/** The sum of the store's next offsets. */
function storedBy({ store }: Produced): number {
  const database = new DatabaseSync(store, { readOnly: true, timeout: 5_000 });
  const { sum } = database.prepare('SELECT sum(next_offset) AS sum FROM offsets').get() as { sum: number };
  database.close();
  return sum;
}

/** Returns a function that gives the child's stderr so far. */
function heard(child: ReturnType<typeof start>['child']): () => string {
  let said = '';
  child.stderr!.on('data', (chunk: Buffer) => (said += chunk.toString()));
  return () => said;
}

test('a consumer waits for a locked store up to --store-timeout, and a later consumer completes the run', async () => {
  const run = await produced(500);
  // A first consumer makes the tables.
  const first = await nodrop(run.consume);
  expect(first.code, first.stderr).toBe(0);
  const locked = await produced(500);
  const options = locked.consume.map((option) =>
    option.startsWith('--run=') ? `--run=${locked.folder.id}` : option,
  );
  const store = `--store=sqlite:${run.store}`;
  const holder = new DatabaseSync(run.store);
  holder.exec('BEGIN IMMEDIATE');
  const before = storedBy(run);

  const refused = await nodrop([...options, store, '--store-timeout=1s']);
  expect(refused.code).toBe(69);
  expect(refused.stderr).toMatch(/The store .* cannot be used: database is locked.*tried again for 1000 ms/);
  expect(refused.stderr).toContain('Nothing is lost');
  expect(storedBy(run)).toBe(before);

  const patient = start([...options, store]);
  const said = heard(patient.child);
  await until('it waits', () => said().includes('Trying again for 60000 ms'));
  holder.exec('ROLLBACK');
  holder.close();
  const { code } = await patient.ended;
  expect(code, said()).toBe(0);
  expect(said()).toContain('The store is back.');
  expect(await verdictOf(locked)).toMatchObject({ verdict: 'pass', store: { rows: 500 } });
});

test('on a full disk no offset goes past the stored rows, and the consumer completes the run when there is room', async () => {
  const run = await produced(20_000);
  const small = ['-X', 'max.partition.fetch.bytes=100000'];
  // A limit on file sizes (2048 blocks of 512 or 1024 bytes) stands for a full disk.
  const child = spawn(
    'sh',
    ['-c', 'ulimit -S -f 2048; exec "$@"', 'sh', process.execPath, program, ...run.consume, ...small],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  const said = heard(child);
  const ended = Promise.all([once(child, 'exit'), text(child.stderr)]);
  await until('it meets the limit', () => said().includes('Trying again'));
  expect(said()).toMatch(/cannot be used: (disk I\/O error|database or disk is full)/);
  const stored = storedBy(run);
  const rows = new DatabaseSync(run.store, { readOnly: true, timeout: 5_000 });
  expect(rows.prepare('SELECT count(*) AS rows FROM messages').get()).toEqual({ rows: stored });
  rows.close();
  expect(stored).toBeLessThan(20_000);
  execFileSync('prlimit', ['--pid', String(child.pid), '--fsize=unlimited:unlimited']);
  const [[code]] = (await ended) as [[number], string];
  expect(code, said()).toBe(0);
  expect(await verdictOf(run)).toMatchObject({ verdict: 'pass', store: { rows: 20_000 } });
});
