import { existsSync, lstatSync, mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { runOnDisk } from '../history-form/run-on-disk.ts';
import { nodrop } from '../integration/nodrop.ts';

test('what lies behind a symbolic link is verified, and never removed', async () => {
  const { folder: elsewhere } = await runOnDisk({});
  const dir = mkdtempSync(join(tmpdir(), 'nodrop-clean-'));
  const link = join(dir, 'runs', 'r');
  mkdirSync(dirname(link));
  symlinkSync(elsewhere.path, link);
  expect((await nodrop(['verify', 'r', `--dir=${dir}`])).code).toBe(0);
  const { code, stdout } = await nodrop(['clean', '--all', '--yes', `--dir=${dir}`]);
  expect({ code, stdout }).toEqual({ code: 0, stdout: 'Nothing to remove.\n' });
  expect(lstatSync(link).isSymbolicLink()).toBe(true);
  expect(existsSync(elsewhere.manifest)).toBe(true);
});

test('one run that is kept is one', async () => {
  const { folder } = await runOnDisk({});
  writeFileSync(folder.result, '{"verdict":"fail"}');
  const { stdout } = await nodrop(['clean', '--yes', `--dir=${join(folder.path, '../..')}`]);
  expect(stdout).toBe('Nothing to remove; 1 run is kept (--all takes failed ones too).\n');
});
