/** The plan of a run with a time limit: it comes from the producers' ledgers, or there is none. */
import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { planOf } from '../../../src/audit/run-evidence/run-plan.ts';
import { LedgerWriter } from '../../../src/run-folder/ledger/ledger-writer.ts';
import { RunFolder } from '../../../src/run-folder/run-folder.ts';
import { seal } from '../../../src/run-folder/seal.ts';
import { runManifest } from '../../fixtures/run-manifest.ts';

const manifest = { ...runManifest(0), producers: { p0: 1_000, p1: 1_000 }, durationMs: 2_000 };

async function ledgersOf({ isStopped = false, isSealed = true, count = 20 } = {}): Promise<RunFolder> {
  const folder = new RunFolder(mkdtempSync(join(tmpdir(), 'nodrop-test-')), 'r');
  folder.create();
  for (const producer of [0, 1]) {
    const path = folder.file(`ledger-p${producer}-0.bin`);
    const ledger = new LedgerWriter(path, { run: 'r', producer, session: 0, pid: 1 });
    ledger.intend(0, 10);
    ledger.intend(10, producer === 0 ? 5 : count - 10);
    if (producer === 0 || !isStopped) ledger.finish();
    ledger.close();
    if (producer === 0 || isSealed) await seal(path);
  }
  return folder;
}

test('the plan of a run with a time limit is the intents of its finished and sealed ledgers', async () => {
  const plan = await planOf(await ledgersOf(), manifest);
  expect(plan).toEqual({
    manifest: { ...manifest, producers: { p0: 15, p1: 20 } },
    plan: { whole: true },
    sessionStarts: {},
  });
});

test('the plan of a run with a number of messages is the one in its manifest', async () => {
  const byNumber = runManifest(7);
  const plan = await planOf(await ledgersOf(), byNumber);
  expect(plan).toEqual({ manifest: byNumber, plan: { whole: true }, sessionStarts: {} });
});

test.each([
  ['stopped', async () => await ledgersOf({ isStopped: true }), 'before the time was over'],
  ['unsealed', async () => await ledgersOf({ isSealed: false }), 'was not sealed'],
  ['longer than the manifest allows', async () => await ledgersOf({ count: 1_001 }), 'more than 1000'],
  [
    'changed',
    async () => {
      const folder = await ledgersOf();
      appendFileSync(folder.file('ledger-p1-0.bin'), 'x');
      return folder;
    },
    'was changed',
  ],
  [
    'missing',
    async () => {
      const folder = await ledgersOf();
      rmSync(folder.file('ledger-p1-0.bin'));
      return folder;
    },
    'no ledger of p1',
  ],
])('the plan is not whole if a ledger is %s', async (_, make, why) => {
  const { plan, manifest: known } = await planOf(await make(), manifest);
  expect(plan).toEqual({ whole: false, problem: expect.stringContaining(why) });
  expect(known.producers['p0']).toBe(15);
});

async function addSession(folder: RunFolder, first: number, count: number): Promise<void> {
  const path = folder.file('ledger-p1-1.bin');
  const ledger = new LedgerWriter(path, { run: 'r', producer: 1, session: 1, pid: 1 });
  ledger.intend(first, count);
  ledger.finish();
  ledger.close();
  await seal(path);
}

test('the plan of a producer that was killed and restarted comes from its last ledger', async () => {
  const folder = await ledgersOf({ isSealed: false, isStopped: true });
  await addSession(folder, 20, 7);
  const { plan, manifest: known, sessionStarts } = await planOf(folder, manifest);
  expect(plan).toEqual({ whole: true });
  expect(known.producers).toEqual({ p0: 15, p1: 27 });
  expect(sessionStarts).toEqual({ p1: [0, 20] });
});

test('the plan is not whole if the ledger of an earlier session is missing', async () => {
  const folder = await ledgersOf({ isSealed: false });
  await addSession(folder, 20, 7);
  rmSync(folder.file('ledger-p1-0.bin'));
  const { plan } = await planOf(folder, manifest);
  expect(plan).toEqual({ whole: false, problem: expect.stringContaining('an earlier ledger of p1') });
});
