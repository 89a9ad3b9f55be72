import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';

import { foldersIn, foldersOf, zookeeperFolderOf } from '../../../src/kafka/broker/broker-folders.ts';

test('the folder of every process that a cluster may have left running is found', () => {
  const dir = mkdtempSync(join(tmpdir(), 'nodrop-test-'));
  const all = [...foldersOf(dir, 1), ...foldersOf(dir, 3), zookeeperFolderOf(dir)];
  for (const folder of [...all, join(dir, 'data')]) mkdirSync(folder, { recursive: true });
  expect(foldersIn(dir).sort()).toEqual(all.sort());
  rmSync(dir, { recursive: true });
  expect(foldersIn(dir)).toEqual([]);
});
