/** Tampers with a run that passed and was made without a broker, and reports which tamperings the audit caught. */
import { cpSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { auditRun } from '../../audit/audit-run.ts';
import { messageOf, unavailableError } from '../../errors.ts';
import { removeOwn, type OwnFiles } from '../../system/removal.ts';
import { RunFolder } from '../../run-folder/run-folder.ts';
import type { Detection } from '../histories/self-test.ts';
import { judgeLive } from '../live/live-defect.ts';
import { makeRun } from './made-run.ts';
import type { FolderChange, Tampering } from './tampering.ts';
import { tamperings as allTamperings } from './tamperings.ts';
import type { Audit } from '../../result/verdict.ts';

/** The folder was just made and no one else knows it, so all in it is the self-test's. */
const ownFiles: OwnFiles = {
  files: /^/,
  get folders() {
    return [{ name: /^/, own: ownFiles }];
  },
};

/** Uses a temporary folder, which is removed afterwards. */
export async function tamperingSelfTest(
  tamperings: readonly Tampering[] = allTamperings,
): Promise<Detection[]> {
  const dir = newFolder();
  try {
    const { folder } = await makeRun(dir);
    const { folder: other } = await makeRun(dir, { id: 'other', counts: [40, 20], seed: 2 });
    const detections: Detection[] = [];
    for (const tampering of tamperings) {
      detections.push(await detect(tampering, (change) => auditAfter(change, folder, other)));
    }
    return detections;
  } finally {
    removeOwn(dir, ownFiles);
  }
}

function newFolder(): string {
  try {
    return mkdtempSync(join(tmpdir(), 'nodrop-self-test-'));
  } catch (error) {
    throw unavailableError(`The self-test cannot write to ${tmpdir()}: ${messageOf(error)}`, {
      hint: 'Name another folder in the environment variable TMPDIR.',
    });
  }
}

async function detect(
  { name, hop, expected, plant, twin }: Tampering,
  audited: (change: FolderChange) => Promise<Audit>,
): Promise<Detection> {
  const clean = await audited(twin ?? (async () => undefined));
  const twinSilent = clean.verdict === 'pass' && clean.findings.length === 0;
  return { defect: name, hop, ...judgeLive(expected, await audited(plant)), twinSilent };
}

/** The audit of a copy of the run: each copy is tampered with once. */
async function auditAfter(change: FolderChange, original: RunFolder, other: RunFolder): Promise<Audit> {
  const dir = mkdtempSync(join(original.path, '..', 'copy-'));
  const folder = new RunFolder(dir, original.id);
  try {
    cpSync(original.path, folder.path, { recursive: true });
    await change(folder, other);
    const { audit } = await auditRun({
      folder,
      store: folder.storeInUse(),
      scan: undefined,
      interruptions: [],
    });
    return audit;
  } finally {
    removeOwn(dir, ownFiles);
  }
}
