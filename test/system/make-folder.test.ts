import { existsSync, mkdtempSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { makeFolder } from '../../src/system/make-folder.ts';
import { nodrop } from '../fixtures/nodrop.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'nodrop-folder-'));
});

test('makeFolder creates a folder and its parents for the owner alone, and returns false if it exists', () => {
  const folder = join(dir, 'a/b/c');
  expect(makeFolder(folder)).toBe(true);
  expect(statSync(join(dir, 'a')).mode & 0o777).toBe(0o700);
  expect(makeFolder(folder)).toBe(false);
});

test('if a folder cannot be created, the error names its path', () => {
  writeFileSync(join(dir, 'file'), '');
  symlinkSync(join(dir, 'nowhere'), join(dir, 'dangling'));
  symlinkSync('loop', join(dir, 'loop'));
  for (const path of ['file', 'file/a', 'dangling', 'dangling/a', 'loop/a']) {
    expect(() => makeFolder(join(dir, path))).toThrow(
      expect.objectContaining({ code: 'unavailable', message: expect.stringContaining(join(dir, path)) }),
    );
  }
  expect(existsSync(join(dir, 'nowhere'))).toBe(false);
});

test('makeFolder follows a link to a folder', () => {
  makeFolder(join(dir, 'real'));
  symlinkSync(join(dir, 'real'), join(dir, 'link'));
  expect(makeFolder(join(dir, 'link/a'))).toBe(true);
  expect(existsSync(join(dir, 'real/a'))).toBe(true);
});

test.runIf(existsSync('/proc/self'))(
  'a run ends with an error if the system refuses to create its folder',
  async () => {
    for (const [name, ...args] of [['produce', '--run=a', '--bootstrap-server=127.0.0.1:1'], ['run']]) {
      const { code, stderr } = await nodrop([name!, '--dir=/proc/nodrop', ...args]);
      expect(code).toBe(69);
      expect(stderr).toContain('The folder /proc/nodrop/runs/');
    }
  },
);
