/** `clean` and the folders of checks. */
import { existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { beforeEach, expect, test } from 'vitest';
import { RunFolder } from '../../../src/run-folder/run-folder.ts';
import { claimFolder, removeRecord } from '../../../src/system/process-record.ts';
import { beginCheck, checkedFolder, orders } from '../../fixtures/checked-folder.ts';
import { newDir } from '../../fixtures/nodrop.ts';
import { nodropInProcess } from '../../fixtures/nodrop-in-process.ts';

let dir: string;
beforeEach(() => {
  dir = newDir();
});

const clean = (...args: string[]): ReturnType<typeof nodropInProcess> =>
  nodropInProcess(['clean', '--dir', dir, '--yes', ...args]);

async function verified(id: string, rows: number): Promise<RunFolder> {
  const folder = checkedFolder(dir, id, { records: orders(10), looks: [orders(rows)] });
  await nodropInProcess(['verify', id, '--dir', dir]);
  return folder;
}

test('a check that passed is removed, and one that failed stays until --all', async () => {
  const [passed, failed] = [await verified('passed', 10), await verified('failed', 9)];
  const { stdout } = await clean();
  expect(stdout).toContain(`pass         ${passed.path}`);
  expect(existsSync(passed.path)).toBe(false);
  expect(existsSync(failed.result)).toBe(true);
  await clean('--all');
  expect(existsSync(failed.path)).toBe(false);
});

test('a check that was stopped while it read counts as crashed, and nothing of it stays', async () => {
  const folder = new RunFolder(dir, 'stopped');
  beginCheck(folder);
  for (const name of ['topic.facts', 'topic.ids', 'sink-1-1.facts', 'sink-1-1.ids', 'letters-1.places'])
    writeFileSync(folder.file(name), 'x');
  const { stdout } = await clean();
  expect(stdout).toContain(`crashed      ${folder.path}`);
  expect(readdirSync(`${dir}/runs`)).toEqual([]);
});

test('a check that was killed before its first event is known by the record of its process', async () => {
  const folder = new RunFolder(dir, 'killed');
  folder.create();
  writeFileSync(
    folder.file('process.json'),
    JSON.stringify({ pid: 2 ** 22 + 1, startedAt: '1', marker: 'nodrop' }),
  );
  await clean();
  expect(existsSync(folder.path)).toBe(false);
});

test('a check that a process works on is never removed', async () => {
  const folder = await verified('busy', 10);
  // The command line of the test runner holds this word.
  await claimFolder(folder.path, 'node');
  await clean('--all');
  expect(existsSync(folder.check)).toBe(true);
  await removeRecord(folder.path);
  await clean('--all');
  expect(existsSync(folder.path)).toBe(false);
});

test('files that a check does not make stay', async () => {
  const folder = await verified('shop', 10);
  writeFileSync(folder.file('notes.facts'), 'mine');
  await clean();
  expect(readdirSync(folder.path)).toEqual(['notes.facts']);
});

test('a folder whose check.json names another check belongs to the user', async () => {
  const folder = checkedFolder(dir, 'copied', { records: orders(2), looks: [orders(2)] }, (record) => {
    record.id = 'original';
  });
  await clean('--all');
  expect(existsSync(folder.check)).toBe(true);
  rmSync(folder.path, { recursive: true });
});
