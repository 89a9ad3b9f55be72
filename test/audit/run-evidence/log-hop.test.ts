/** The consumer group's commits that were saved with the log scan. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { savedScan } from '../../../src/audit/run-evidence/log-hop.ts';
import { writeScanSummary, type ScanSummary } from '../../../src/run-folder/log-scan-file.ts';
import { RunFolder, type Manifest } from '../../../src/run-folder/run-folder.ts';
import { seal } from '../../../src/run-folder/seal.ts';

const manifest = { id: 'r', topic: 'n', topicId: 't', base: {} } as unknown as Manifest;
const summary: ScanSummary = {
  schema: 1,
  topic: 'n',
  topicId: 't',
  ranges: [],
  compacted: false,
  records: 0,
  problems: [],
};

async function saved(change: Partial<ScanSummary>): Promise<RunFolder> {
  const folder = new RunFolder(mkdtempSync(join(tmpdir(), 'nodrop-scan-')), 'r');
  folder.create();
  writeFileSync(folder.logScan, '');
  writeScanSummary(folder.logSummary, { ...summary, ...change });
  await seal(folder.logScan);
  await seal(folder.logSummary);
  return folder;
}

test.each<[string, Partial<ScanSummary>, Map<number, number> | undefined]>([
  [
    'commits',
    { commits: { '0': 7, '12': 0 } },
    new Map([
      [0, 7],
      [12, 0],
    ]),
  ],
  ['a group that has committed nothing', { commits: {} }, new Map()],
  ['no commits, as earlier versions wrote it', {}, undefined],
])('commits are read from a saved scan with %s', async (_, change, expected) => {
  const { log, commits } = await savedScan(await saved(change), manifest, undefined as never);
  expect(log.whole).toBe(true);
  expect(commits).toEqual(expected);
});

test('commits of a scan that was altered are not used', async () => {
  const folder = await saved({ commits: { '0': 7 } });
  writeScanSummary(folder.logSummary, { ...summary, commits: { '0': 8 } });
  const { log, commits } = await savedScan(folder, manifest, undefined as never);
  expect([log.whole, commits]).toEqual([false, undefined]);
});
