/** A store that is not there for a while: what a consumer does meanwhile, and that nothing is lost by it. */
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
  /** A consumer of it, up to further options. */
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

/** What a child has said so far, on stderr. */
function heard(child: ReturnType<typeof start>['child']): () => string {
  let said = '';
  child.stderr!.on('data', (chunk: Buffer) => (said += chunk.toString()));
  return () => said;
}

test('a locked store is waited for, and given up when the time is over; consuming again ends the run', async () => {
  const run = await produced(500);
  // A first consumer makes the tables, and is told to stop.
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

test('a disk that is full: no offset moves, and the run can be finished when there is room', async () => {
  const run = await produced(20_000);
  const small = ['-X', 'max.partition.fetch.bytes=100000'];
  // A limit on the size of files stands for the end of the disk: 2048 blocks of 512 or 1024 bytes.
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
