import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ledgersOf } from '../../../src/run-folder/ledger/ledgers.ts';
import { RunFolder } from '../../../src/run-folder/run-folder.ts';

test('ledgers are listed in numeric order of producer and session', () => {
  const folder = new RunFolder(mkdtempSync(join(tmpdir(), 'nodrop-ledgers-')), 'r');
  folder.create();
  const names = [
    'ledger-p2-0.bin',
    'ledger-p10-0.bin',
    'ledger-p2-10.bin',
    'ledger-p2-9.bin',
    'ledger-2.bin',
  ];
  for (const name of names) writeFileSync(folder.file(name), '');
  expect(ledgersOf(folder).map(({ producer, session }) => [producer, session])).toEqual([
    [2, 0],
    [2, 9],
    [2, 10],
    [10, 0],
  ]);
  expect(ledgersOf(folder)[3]).toMatchObject({
    name: 'ledger-p10-0.bin',
    path: folder.file('ledger-p10-0.bin'),
  });
});
