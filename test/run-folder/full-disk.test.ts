/** A full disk: a result of an earlier audit must not be mistaken for that of this one. */
import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, test } from 'vitest';
import { ScanWriter, emptyScanRow } from '../../src/run-folder/log-scan-file.ts';
import { LedgerWriter } from '../../src/run-folder/ledger/ledger-writer.ts';
import { RunFolder } from '../../src/run-folder/run-folder.ts';
import { seal } from '../../src/run-folder/seal.ts';
import { namingFile, writeWhole } from '../../src/system/write-whole.ts';
import { hasSmallDisks, smallDisk } from '../fixtures/small-disk.ts';
import { runOnDisk } from '../audit/history/run-on-disk.ts';

const program = join(import.meta.dirname, '../../bin/nodrop.js');
const verify = (dir: string): { status: number | null; stdout: string; stderr: string } =>
  spawnSync(process.execPath, [program, 'verify', 'r', '--dir', dir], { encoding: 'utf8', timeout: 20_000 });

test('a file that cannot be replaced stays, and no temporary file is left', () => {
  const dir = mkdtempSync(join(tmpdir(), 'nodrop-whole-'));
  mkdirSync(join(dir, 'result.json', 'something'), { recursive: true });
  expect(() => writeWhole(join(dir, 'result.json'), 'text')).toThrow('result.json');
  expect(readdirSync(dir)).toEqual(['result.json']);
});

test('an error about an open file names the file once', () => {
  const error = Object.assign(new Error('ENOSPC: no space left on device, write'), { syscall: 'write' });
  const fails = (): never =>
    namingFile('/a/b', () =>
      namingFile('/a/b', () => {
        throw error;
      }),
    );
  expect(fails).toThrow(/^ENOSPC: no space left on device, write '\/a\/b'$/);
});

describe.skipIf(!hasSmallDisks)('on a full disk', () => {
  test.for([
    ['a ledger', (path: string) => new LedgerWriter(path, { run: 'r', producer: 0, session: 0, pid: 1 })],
    [
      'a scan',
      (path: string) => {
        const scan = new ScanWriter(path);
        scan.add(emptyScanRow());
        scan.close();
      },
    ],
    ['a document', (path: string) => writeWhole(path, 'text')],
  ] as const)('the error for %s names its file', ([, write]) => {
    using disk = smallDisk('4k');
    disk.fill();
    const path = join(disk.path, 'file');
    expect(() => void write(path)).toThrow(`ENOSPC: no space left on device, write '${path}'`);
  });

  test('a seal that cannot be written leaves no file', async () => {
    using disk = smallDisk('4k');
    const path = join(disk.path, 'evidence');
    writeFileSync(path, '');
    disk.fill();
    await expect(seal(path)).rejects.toThrow('ENOSPC');
    expect(readdirSync(disk.path)).toEqual(['evidence', 'filler']);
  });

  test('verify judges the run, and replaces the report and sets aside the result of an earlier audit', async () => {
    using disk = smallDisk('2m');
    const { folder: made } = await runOnDisk({});
    cpSync(made.path, join(disk.path, 'runs/r'), { recursive: true });
    const folder = new RunFolder(disk.path, 'r');
    expect(verify(disk.path)).toMatchObject({ status: 0, stderr: '' });
    expect(existsSync(folder.report)).toBe(true);

    const before = readFileSync(folder.result, 'utf8');
    // Open until the end, so that SQLite needs no room on the disk to read it.
    using database = new DatabaseSync(join(folder.path, 'store.sqlite'));
    database.exec('DELETE FROM completed WHERE "offset" = (SELECT min("offset") FROM completed)');
    disk.fill();
    const full = verify(disk.path);
    expect([full.status, full.stdout]).toEqual([1, expect.stringContaining('FAIL')]);
    expect(full.stderr).toContain(
      `The result was not written: ENOSPC: no space left on device, write '${folder.result}'`,
    );
    expect(full.stderr).toContain(`The result of an earlier audit is now ${folder.earlierResult}.`);
    expect(existsSync(folder.result)).toBe(false);
    // The new report fits into the room of the earlier one.
    expect(readFileSync(folder.report, 'utf8')).toContain('"verdict":"fail"');
    expect(readFileSync(folder.earlierResult, 'utf8')).toBe(before);
  });
});
