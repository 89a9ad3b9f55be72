/** A run that passed, and the results of audits of tampered copies of it. */
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { auditRun } from '../../src/audit/audit-run.ts';
import { OperationalError } from '../../src/errors.ts';
import { RunFolder } from '../../src/run-folder/run-folder.ts';
import { makeRun, type MadeRun, type MadeRunOptions } from '../../src/self-test/tampering/made-run.ts';
import type { SingleFinding } from '../../src/result/verdict.ts';
import { harm, type EvidenceMutation } from './evidence-mutations.ts';
import { asPostgresReads, PostgresContent } from './postgres-content.ts';
import { loosen, readSqlite, writeSqlite } from './sqlite-content.ts';
import type { StoreContent } from './store-content.ts';
import { tampered, type StoreMutation } from './store-mutations.ts';
import { noTime, StoreTruth } from './store-truth.ts';
import { complaintsOf, complaintsOfEvidence, type Outcome, type Truth } from './truth.ts';

export interface PassedRun {
  run: MadeRun;
  /** The content of its store, whose tables take values of any type. */
  content: StoreContent;
  dir: string;
}

export async function passedRun(options: MadeRunOptions = {}): Promise<PassedRun> {
  const dir = mkdtempSync(join(tmpdir(), 'nodrop-tamper-'));
  const run = await makeRun(dir, options);
  const path = run.folder.file('store.sqlite');
  const content = readSqlite(path);
  loosen(path, content);
  return { run, content, dir };
}

/** The same in PostgreSQL: `location` names a schema that no other run uses. */
export async function passedPostgresRun(
  location: string,
  password: string,
): Promise<PassedRun & { store: PostgresContent }> {
  const dir = mkdtempSync(join(tmpdir(), 'nodrop-tamper-'));
  const run = await makeRun(dir, { store: location });
  const url = new URL(location);
  const schema = url.searchParams.get('schema')!;
  url.searchParams.delete('schema');
  const store = await PostgresContent.open(url.href, password, schema);
  return { run, content: await store.read(), dir, store };
}

/** The faults of the verdict on a run in PostgreSQL whose store was tampered with. */
export async function complaintsOfPostgres(
  { run, content, store }: PassedRun & { store: PostgresContent },
  mutations: readonly StoreMutation[],
): Promise<string[]> {
  const after = tampered(content, mutations);
  const isAltered = await store.write(after);
  const truth = new StoreTruth(run, content).of(asPostgresReads(after));
  return complaintsOf(await outcomeOf(run.folder, run.store), isAltered ? asAltered(truth) : truth);
}

/** With a column of another type, any row may differ from the original, or the store may be unreadable. */
function asAltered({ charges, mayPass }: Truth): Truth {
  const lenient = charges.map((charge) => (charge.why === noTime ? { ...charge, must: false } : charge));
  const why = 'a column of another type';
  lenient.push({ kinds: ['corrupted'], blames: ['store', 'unknown', 'consumer'], must: false, why });
  return { charges: lenient, mayDoubt: true, mayPass: mayPass || lenient.every(({ must }) => !must) };
}

let copies = 0;

/** Calls `act` with a copy of the run's folder, which is removed afterwards. */
export async function withCopy<T>(
  { run, dir }: PassedRun,
  act: (folder: RunFolder) => Promise<T>,
): Promise<T> {
  const copyDir = join(dir, `copy-${copies++}`);
  const folder = new RunFolder(copyDir, run.folder.id);
  cpSync(run.folder.path, folder.path, { recursive: true });
  try {
    return await act(folder);
  } finally {
    rmSync(copyDir, { recursive: true, force: true });
  }
}

/** Audits a run like `verify` does. */
export async function outcomeOf(folder: RunFolder, location?: string): Promise<Outcome> {
  const findings: SingleFinding[] = [];
  try {
    const store = location ?? folder.storeInUse();
    const onFinding = (finding: SingleFinding): void => void findings.push(finding);
    const { audit } = await auditRun({ folder, store, scan: undefined, interruptions: [], onFinding });
    return { verdict: audit.verdict, findings, notChecked: audit.notChecked };
  } catch (error) {
    if (error instanceof OperationalError) return { refused: error.message };
    return { crashed: error instanceof Error ? `${error.name}: ${error.message}` : String(error) };
  }
}

/** The faults of the verdict on the run whose store was tampered with. */
export async function complaintsOfStore(
  passed: PassedRun,
  mutations: readonly StoreMutation[],
): Promise<string[]> {
  const after = tampered(passed.content, mutations);
  const truth = new StoreTruth(passed.run, passed.content).of(after);
  return await withCopy(passed, async (folder) => {
    writeSqlite(folder.file('store.sqlite'), passed.content, after);
    return complaintsOf(await outcomeOf(folder), truth);
  });
}

/** The same if a file of the evidence is missing, too. */
export async function complaintsOfBoth(
  passed: PassedRun,
  mutations: readonly StoreMutation[],
  missing: string,
): Promise<string[]> {
  const after = tampered(passed.content, mutations);
  const truth = new StoreTruth(passed.run, passed.content).of(after);
  return await withCopy(passed, async (folder) => {
    writeSqlite(folder.file('store.sqlite'), passed.content, after);
    rmSync(folder.file(missing));
    return complaintsOf(await outcomeOf(folder), without(truth, missing));
  });
}

/**
 * No verdict rests on the journal, and a missing one only makes the blame unknown. Without ledger or log a run
 * cannot pass, and fewer findings are possible.
 */
function without(truth: Truth, missing: string): Truth {
  if (missing.startsWith('journal')) return truth;
  const charges = truth.charges.map((charge) => ({ ...charge, must: false }));
  return { charges, mayDoubt: true, mayPass: false };
}

/** The faults of the verdict on the run with a harmed file of its evidence. */
export async function complaintsOfHarm(
  passed: PassedRun,
  other: PassedRun,
  mutation: EvidenceMutation,
): Promise<string[]> {
  return await withCopy(passed, async (folder) => {
    const may = await harm(folder, other.run.folder, mutation);
    return complaintsOfEvidence(await outcomeOf(folder), may);
  });
}
