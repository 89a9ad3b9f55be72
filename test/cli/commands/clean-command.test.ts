/** `clean` removes only what nodrop made, whatever a user or another program has put next to it. */
import { execFileSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { beforeEach, expect, test } from 'vitest';
import { JournalWriter } from '../../../src/run-folder/journal/journal-writer.ts';
import { claimFolder } from '../../../src/system/process-record.ts';
import { LedgerWriter } from '../../../src/run-folder/ledger/ledger-writer.ts';
import { removeRun } from '../../../src/run-folder/remove-run.ts';
import { RunFolder } from '../../../src/run-folder/run-folder.ts';
import { makeRun } from '../../../src/self-test/tampering/made-run.ts';
import { runOnDisk } from '../../audit/history/run-on-disk.ts';
import { runManifest } from '../../fixtures/run-manifest.ts';
import { newDir, nodrop, start } from '../../fixtures/nodrop.ts';

let dir: string;
beforeEach(() => {
  dir = newDir();
});

/** A process id that no process has. */
const gone = 2 ** 22 + 1;

/** A run that crashed: it has a manifest, a ledger without a seal and a broker's folder. */
function crashedRun(id: string): RunFolder {
  const folder = new RunFolder(dir, id);
  folder.create();
  folder.writeManifest({ ...runManifest(1), id });
  openLedger(folder, gone);
  write(folder.file('producer.log'));
  write(folder.file('kafka/broker.log'));
  write(folder.file('kafka/data/meta.properties'));
  write(folder.file('kafka/data/nodrop-a-0/00000000000000000000.log'));
  write(folder.file('kafka/broker-2/data/version-2/00000000000000000000.index'));
  write(folder.file('kafka/zookeeper/data/version-2/log.1f'));
  return folder;
}

const openLedger = (folder: RunFolder, pid: number): LedgerWriter =>
  new LedgerWriter(folder.file('ledger-p0-0.bin'), { run: folder.id, producer: 0, session: 0, pid });

function write(path: string, text = 'x'): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

const clean = (...args: string[]): ReturnType<typeof nodrop> =>
  nodrop(['clean', '--dir', dir, '--all', '--yes', ...args]);

test('clean neither lists nor removes folders that nodrop did not make, even with its file names', async () => {
  write(join(dir, 'runs/exp1/data.csv'));
  // The names of these files are those of nodrop, their contents are not.
  write(join(dir, 'runs/exp2/run.json'), '{"id":"exp2","schema":1}');
  write(join(dir, 'runs/exp2/result.json'), '{"verdict":"pass"}');
  write(join(dir, 'runs/exp2/ledger-p0-0.bin'));
  write(join(dir, 'runs/exp2/process.json'), '{"pid":1}');
  mkdirSync(join(dir, 'runs/exp3/process.json'), { recursive: true });
  mkdirSync(join(dir, 'runs/empty'));
  // A copy of a run under another name belongs to the user.
  new RunFolder(dir, 'copy').create();
  new RunFolder(dir, 'copy').writeManifest({ ...runManifest(1), id: 'original' });
  const before = readdirSync(dir, { recursive: true });
  expect(await clean()).toEqual({ code: 0, stdout: 'Nothing to remove.\n', stderr: '' });
  expect(readdirSync(dir, { recursive: true })).toEqual(before);
});

test('clean removes the whole folder of a run, with or without a manifest', async () => {
  crashedRun('a');
  const early = new RunFolder(dir, 'b');
  early.create();
  openLedger(early, gone);
  const consumed = new RunFolder(dir, 'c');
  consumed.create();
  new JournalWriter(consumed.file('journal-1.bin'), {
    run: 'c',
    topicId: 't',
    store: 's',
    categories: [],
    pid: gone,
  }).close();
  const { code, stdout, stderr } = await clean();
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toContain('3 removed.');
  expect(readdirSync(join(dir, 'runs'))).toEqual([]);
});

test('clean keeps files in the folder of a run that nodrop did not make, and the targets of links', async () => {
  const folder = crashedRun('a');
  const elsewhere = newDir();
  write(join(elsewhere, 'broker.log'), 'theirs');
  write(folder.file('notes.txt'));
  write(folder.file('kafka/data/nodrop-a-0/notes.txt'));
  write(folder.file('plots/plot.png'));
  symlinkSync(join(elsewhere, 'broker.log'), folder.file('store.sqlite'));
  symlinkSync(elsewhere, folder.file('kafka/broker-1'));
  const { code, stdout, stderr } = await clean();
  expect(code).toBe(0);
  expect(stdout).toContain('0 removed.');
  const names = ['kafka/broker-1', 'kafka/data/nodrop-a-0/notes.txt', 'notes.txt', 'plots', 'store.sqlite'];
  expect(stderr).toBe(
    `Folder ${folder.path} was left: it holds what nodrop did not make (${names.join(', ')}). ` +
      `To remove it by hand:\n  rm -r ${folder.path}\n`,
  );
  expect(readFileSync(join(elsewhere, 'broker.log'), 'utf8')).toBe('theirs');
  expect(readdirSync(folder.path).toSorted()).toEqual(['kafka', 'notes.txt', 'plots', 'store.sqlite']);
  expect((await clean()).stdout).toBe('Nothing to remove.\n');
});

test.each([
  [
    'another run stores into it',
    `INSERT INTO offsets SELECT 'another', partition, 0, 1, 'later', 'nodrop-later' FROM offsets LIMIT 1`,
    'run later stores into it too',
  ],
  ["it holds a user's table", 'CREATE TABLE orders (id)', 'nodrop did not make the table orders in it'],
])('clean keeps a run whose store is also used otherwise: %s', async (_, sql, why) => {
  const { folder } = await makeRun(dir, { counts: [2] });
  const database = new DatabaseSync(folder.file('store.sqlite'));
  database.exec(sql);
  database.close();
  const before = readdirSync(folder.path);
  const { code, stderr } = await clean();
  expect([code, stderr]).toEqual([
    0,
    expect.stringContaining(`its store.sqlite is not its own alone: ${why}`),
  ]);
  expect(readdirSync(folder.path)).toEqual(before);
});

test('clean removes a store that is not a database together with its run', async () => {
  const folder = crashedRun('garbled');
  write(folder.file('store.sqlite'), 'this is no database, though it is as long as one may be: '.repeat(40));
  expect(await removeRun(folder)).toBeUndefined();
  expect(existsSync(folder.path)).toBe(false);
});

test('clean removes a run, and keeps a copy of it under another name', async () => {
  const { folder } = await makeRun(dir, { counts: [2] });
  const copy = `${folder.path}-backup`;
  cpSync(folder.path, copy, { recursive: true });
  expect((await clean()).code).toBe(0);
  expect([existsSync(folder.path), existsSync(copy)]).toEqual([false, true]);
});

test('clean does not hang at a pipe or a link to itself in place of a record', async () => {
  const folder = crashedRun('piped');
  execFileSync('mkfifo', [folder.file('process.json'), folder.file('result.json')]);
  symlinkSync('process.json', folder.file('kafka/process.json'));
  const { code, stderr } = await clean();
  expect([code, stderr]).toEqual([0, expect.stringContaining('it holds what nodrop did not make')]);
});

test('a line break in a file name does not begin a new line in the message', async () => {
  const folder = crashedRun('a');
  write(folder.file('x)\n  rm -r elsewhere'));
  expect(await removeRun(folder)).toContain('(x)?  rm -r elsewhere)');
});

test('clean keeps a run behind a link, and runs in a runs folder behind a link', async () => {
  const folder = crashedRun('a');
  const other = newDir();
  mkdirSync(join(other, 'runs'));
  symlinkSync(folder.path, join(other, 'runs/a'));
  const third = newDir();
  symlinkSync(join(dir, 'runs'), join(third, 'runs'));
  for (const place of [other, third]) {
    const { code, stdout } = await nodrop(['clean', '--dir', place, '--all', '--yes']);
    expect(code).toBe(0);
    expect(stdout).not.toContain(' removed.');
  }
  expect(lstatSync(join(other, 'runs/a')).isSymbolicLink()).toBe(true);
  expect(existsSync(folder.manifest)).toBe(true);
});

test('removeRun does not end a broker whose folder is behind a link', async () => {
  const atWork = crashedRun('a');
  const folder = new RunFolder(dir, 'b');
  folder.create();
  openLedger(folder, gone);
  await claimFolder(atWork.broker, 'node');
  symlinkSync(atWork.broker, folder.broker);
  const left = await removeRun(folder);
  expect(left).toContain('(kafka)');
  // The record names this process, which would otherwise have been ended.
  expect(existsSync(join(atWork.broker, 'process.json'))).toBe(true);
});

test('clean keeps active runs, both of nodrop run and by hand', async () => {
  const run = crashedRun('a');
  await claimFolder(run.path, 'node');
  const produced = new RunFolder(dir, 'b');
  produced.create();
  openLedger(produced, process.pid);
  expect((await clean()).stdout).toBe('Nothing to remove; 2 runs are kept (--all removes them too).\n');
  // The result is the same for a clean that listed the runs before they became active.
  expect(await removeRun(run)).toContain(`process ${process.pid} works on it`);
  expect(await removeRun(produced)).toContain('a producer or a consumer works on it');
  expect(existsSync(run.manifest)).toBe(true);
  expect(readdirSync(produced.path)).toEqual(['ledger-p0-0.bin']);
});

test('two clean commands at once can remove the same runs without an error', async () => {
  for (let index = 0; index < 40; index++) crashedRun(`r${index}`);
  write(join(dir, 'runs/exp1/data.csv'));
  const args = ['clean', '--dir', dir, '--yes'];
  const ends = await Promise.all([start(args).ended, start(args).ended]);
  expect(ends.map(({ code }) => code)).toEqual([0, 0]);
  await clean();
  expect(readdirSync(join(dir, 'runs'))).toEqual(['exp1']);
});

test('clean removes a folder with the draft of a record that a killed process left', async () => {
  for (const draft of [`process.json.${gone}`, `process.json.${gone}.${gone}`]) {
    const folder = crashedRun('r0');
    write(folder.file(draft));
    await clean();
    expect(existsSync(folder.path)).toBe(false);
  }
});

test('a run does not start in a folder where it would replace files of a user', async () => {
  const folder = new RunFolder(dir, 'exp1');
  write(folder.result, 'theirs');
  write(folder.file('notes.txt'), 'theirs');
  for (const command of ['run', 'produce', 'consume']) {
    const args = [command, '--run=exp1', `--dir=${dir}`, '--bootstrap-server=127.0.0.1:1'];
    const { code, stderr } = await nodrop(args);
    expect(code).toBe(64);
    expect(stderr).toContain(
      `${folder.path} holds what nodrop did not make: result.json. Nothing was changed.`,
    );
  }
  expect(readdirSync(folder.path).toSorted()).toEqual(['notes.txt', 'result.json']);
});

test('a run that could not start leaves no folder', async () => {
  const at = [`--dir=${dir}`, '--timeout=200ms', '--bootstrap-server=127.0.0.1:1'];
  expect((await nodrop(['produce', ...at])).code).toBe(69);
  expect((await nodrop(['run', `--store=sqlite:${dir}/missing/store.sqlite`, ...at])).code).toBe(69);
  expect(readdirSync(join(dir, 'runs'))).toEqual([]);
});

test('an empty --dir is wrong usage: an unset variable is not the current folder', async () => {
  for (const args of [['--dir', ''], ['--dir=']]) {
    const { code, stderr } = await nodrop(['clean', '--yes', ...args]);
    expect(code).toBe(64);
    expect(stderr).toContain('It takes the path of a folder');
  }
  expect((await nodrop(['clean', '--yes'], { NODROP_DIR: '' })).code).toBe(64);
});

test('a run behind a symbolic link can be verified, and clean does not remove it', async () => {
  const { folder: elsewhere } = await runOnDisk({});

  const link = join(dir, 'runs', 'r');
  mkdirSync(dirname(link));
  symlinkSync(elsewhere.path, link);
  expect((await nodrop(['verify', 'r', `--dir=${dir}`])).code).toBe(0);
  const { code, stdout } = await nodrop(['clean', '--all', '--yes', `--dir=${dir}`]);
  expect({ code, stdout }).toEqual({ code: 0, stdout: 'Nothing to remove.\n' });
  expect(lstatSync(link).isSymbolicLink()).toBe(true);
  expect(existsSync(elsewhere.manifest)).toBe(true);
});

test('clean says "1 run is kept" in the singular', async () => {
  const { folder } = await runOnDisk({});
  writeFileSync(folder.result, '{"verdict":"fail"}');
  const { stdout } = await nodrop(['clean', '--yes', `--dir=${join(folder.path, '../..')}`]);
  expect(stdout).toBe('Nothing to remove; 1 run is kept (--all removes them too).\n');
});
