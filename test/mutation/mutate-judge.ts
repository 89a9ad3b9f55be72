/**
 * Mutation of the judge: breaks the audit in one place after the other, and checks whether the result of a history
 * in the tests or fixtures changes. A mutant that no history notices is either not tested, or harmless and listed in
 * `harmless-mutants.ts`. Exit code 1 if a mutant is not tested, or if a listed one is noticed.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { SingleFinding } from '../../src/result/verdict.ts';
import type { audit } from '../../src/audit/judge/audit.ts';
import { readFixtureHistories } from './fixture-histories.ts';
import { harmless } from './harmless-mutants.ts';
import type { JudgedHistory } from './judged-history.ts';
import { mutantsOf, type Mutant } from './mutants.ts';
import { readRecordedHistories } from './recorded-histories.ts';
import { reportOf } from './report.ts';

type AuditFunction = typeof audit;

const root = join(import.meta.dirname, '..', '..');
const judge = 'audit/judge';
const judgeFiles = [
  'acked-keys',
  'cases',
  'confusion-matrix',
  'findings',
  'judge',
  'judge-part',
  'key-checks',
  'latest',
  'log-checks',
  'loss-checks',
  'not-checked',
  'order',
  'overcommitted',
  'partitions',
  'proof',
  'read-journal',
  'read-ledger',
  'read-log',
  'read-store',
  'store-checks',
  'subject',
  'torn-transaction',
  'totals',
  'trail',
  'trails',
  'transactions',
];

const work = mkdtempSync(join(tmpdir(), 'nodrop-mutation-'));
try {
  process.exitCode = (await main()) ? 0 : 1;
} finally {
  rmSync(work, { recursive: true, force: true });
}

async function main(): Promise<boolean> {
  const histories = [...readFixtureHistories(), ...recordHistories()];
  const original = join(work, 'original');
  compile(original);
  const unbroken = await auditFrom(original);
  if (await notices(unbroken, histories)) throw new Error('the audit as it is does not agree with the tests');
  const mutants = judgeFiles.flatMap((name) =>
    mutantsOf(name, readFileSync(join(original, judge, `${name}.js`), 'utf8')),
  );
  const survivors: Mutant[] = [];
  for (const [index, mutant] of mutants.entries()) {
    const folder = join(work, String(index));
    cpSync(original, folder, { recursive: true });
    writeFileSync(join(folder, judge, `${mutant.file}.js`), mutant.text);
    if (!(await notices(await auditFrom(folder), histories))) survivors.push(mutant);
    rmSync(folder, { recursive: true });
  }
  return reportOf({
    folder: judge,
    mutants: mutants.length,
    cases: `${histories.length} histories`,
    survivors,
    harmless,
  });
}

function recordHistories(): JudgedHistory[] {
  const file = join(work, 'histories.jsonl');
  const { status, stdout } = spawnSync(
    process.execPath,
    [join(root, 'node_modules', 'vitest', 'vitest.mjs'), 'run', '--project', 'unit', 'test/audit/judge'],
    { cwd: root, env: { ...process.env, NODROP_RECORD_HISTORIES: file }, encoding: 'utf8' },
  );
  if (status !== 0) throw new Error(`the tests fail without any mutation:\n${stdout.slice(-4000)}`);
  return readRecordedHistories(file);
}

/** Writes the audit and the modules that it imports as JavaScript. */
function compile(folder: string): void {
  for (const room of [judge, 'text', 'result', 'workload', 'run-folder/ledger']) {
    mkdirSync(join(folder, room), { recursive: true });
  }
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
  const others = [
    'audit/bit-set.ts',
    'audit/counted-ranges.ts',
    'audit/evidence.ts',
    'audit/number-column.ts',
    'result/verdict.ts',
    'run-folder/ledger/outcome.ts',
    'text/counted.ts',
    'workload/place.ts',
  ];
  const ours = readdirSync(join(root, 'src', judge)).map((name) => join(judge, name));
  for (const name of [...others, ...ours]) {
    const code = stripTypeScriptTypes(readFileSync(join(root, 'src', name), 'utf8'));
    writeFileSync(
      join(folder, name.replace(/ts$/, 'js')),
      code.replaceAll(/(?<=from '\..*)\.ts(?=')/g, '.js'),
    );
  }
}

async function auditFrom(folder: string): Promise<AuditFunction> {
  const url = pathToFileURL(join(folder, judge, 'audit.js')).href;
  return ((await import(url)) as { audit: AuditFunction }).audit;
}

/** Whether the audit of one of the histories has another result than the expected one, or throws. */
async function notices(audit: AuditFunction, histories: readonly JudgedHistory[]): Promise<boolean> {
  for (const { evidence, allowed = [], agrees } of histories) {
    try {
      const told: SingleFinding[] = [];
      const result = await audit(evidence(), { allowed, onFinding: (finding) => told.push(finding) });
      if (!agrees({ ...result, told }) || !agrees({ ...(await audit(evidence(), { allowed })), told }))
        return true;
    } catch {
      return true;
    }
  }
  return false;
}
