import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openRunEvidence } from '../../../src/audit/run-evidence/run-evidence.ts';
import { makeRun } from '../../../src/self-test/tampering/made-run.ts';

test('if the ledgers of two producers are damaged, the problem names both', async () => {
  const { folder } = await makeRun(mkdtempSync(join(tmpdir(), 'nodrop-ledgers-')));
  for (const name of ['ledger-p0-0.bin', 'ledger-p1-0.bin']) {
    const path = folder.file(name);
    const bytes = readFileSync(path);
    bytes[bytes.length >> 1]! ^= 0xff;
    writeFileSync(path, bytes);
    // A ledger without a seal is read, since its producer may have been killed.
    rmSync(`${path}.sha256`);
  }
  await using open = await openRunEvidence(folder, folder.readManifest()!, folder.store);
  const { ledger } = open.evidence;
  // The hop knows that it is not whole once it has been read.
  for (const _ of ledger.batches()) continue;
  expect(ledger.whole).toBe(false);
  expect(ledger.problem).toMatch(/^ledger-p0-0\.bin: .+; ledger-p1-0\.bin: .+/);
});
