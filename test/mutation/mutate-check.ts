/**
 * Mutation of the judge of checks: breaks, in one place after the other, what joins the facts of topics and sinks to
 * evidence, and checks whether the result of a check in the tests changes. Exit code 1 if a mutant is not tested, or if one
 * that is listed as harmless is noticed.
 */
import { spawnSync } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { judgeFacts } from '../../src/check/judge-facts.ts';
import type { isSuspect } from '../../src/check/suspicion.ts';
import { judgeCheck } from '../check/made-check.ts';
import { harmlessInChecks } from './harmless-in-checks.ts';
import { mutantsOf, type Mutant } from './mutants.ts';
import { outcomeText, readRecordedChecks, type RecordedCheck } from './recorded-checks.ts';
import { reportOf } from './report.ts';

interface Judge {
  judgeFacts: typeof judgeFacts;
  isSuspect: typeof isSuspect;
}

const root = join(import.meta.dirname, '..', '..');
const files = [
  'judge-facts',
  'suspicion',
  'evidence/bucket-attempts',
  'evidence/bucket-evidence',
  'evidence/bucket-messages',
  'evidence/bucket-rows',
  'evidence/identity-tally',
  'evidence/joined-rows',
  'evidence/key-versions',
  'evidence/open-sentences',
  'evidence/record-copies',
];

/** The tests of made-up facts, which record their checks. */
const tests = ['looks', 'odd-pipelines', 'evidence-beside-rows'].map((name) => `test/check/${name}.test.ts`);

const work = mkdtempSync(join(tmpdir(), 'nodrop-mutation-'));
try {
  process.exitCode = (await main()) ? 0 : 1;
} finally {
  rmSync(work, { recursive: true, force: true });
}

async function main(): Promise<boolean> {
  const checks = recordChecks();
  try {
    symlinkSync(join(root, 'node_modules'), join(work, 'node_modules'));
    const original = join(work, 'original');
    compile(original);
    if (await notices(await judgeFrom(original), checks))
      throw new Error('the check as it is does not agree with the tests');
    const mutants = files.flatMap((name) =>
      mutantsOf(name, readFileSync(join(original, 'check', `${name}.js`), 'utf8')),
    );
    const survivors: Mutant[] = [];
    for (const [index, mutant] of mutants.entries()) {
      const folder = join(work, String(index));
      copyCheck(original, folder);
      writeFileSync(join(folder, 'check', `${mutant.file}.js`), mutant.text);
      if (!(await notices(await judgeFrom(folder), checks))) survivors.push(mutant);
      rmSync(folder, { recursive: true });
    }
    return reportOf({
      folder: 'check',
      mutants: mutants.length,
      cases: `${checks.length} checks`,
      survivors,
      harmless: harmlessInChecks,
    });
  } finally {
    for (const { written } of checks) rmSync(written.path, { recursive: true });
  }
}

function recordChecks(): RecordedCheck[] {
  const file = join(work, 'checks.jsonl');
  const { status, stdout } = spawnSync(
    process.execPath,
    [
      join(root, 'node_modules', 'vitest', 'vitest.mjs'),
      'run',
      '--project',
      'unit',
      '--testTimeout=120000',
      ...tests,
    ],
    { cwd: root, env: { ...process.env, NODROP_RECORD_CHECKS: file }, encoding: 'utf8' },
  );
  if (status !== 0) throw new Error(`the tests fail without any mutation:\n${stdout.slice(-4000)}`);
  return readRecordedChecks(file);
}

/** Writes all sources as JavaScript. */
function compile(folder: string): void {
  const sources = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' });
  for (const name of sources.filter((each) => each.endsWith('.ts'))) {
    const code = stripTypeScriptTypes(readFileSync(join(root, 'src', name), 'utf8'));
    const path = join(folder, name.replace(/ts$/, 'js'));
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, code.replaceAll(/(?<=(?:from|import) '\..*)\.ts(?=')/g, '.js'));
  }
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
}

/** A copy of the room `check`. All other modules are those of the original, which are loaded once. */
function copyCheck(original: string, folder: string): void {
  mkdirSync(folder);
  cpSync(join(original, 'check'), join(folder, 'check'), { recursive: true });
  for (const name of readdirSync(original))
    if (name !== 'check') symlinkSync(join(original, name), join(folder, name));
}

async function judgeFrom(folder: string): Promise<Judge> {
  const load = async (name: string): Promise<unknown> =>
    await import(pathToFileURL(join(folder, 'check', name)).href);
  const [judge, suspicion] = [await load('judge-facts.js'), await load('suspicion.js')];
  return { ...(judge as Pick<Judge, 'judgeFacts'>), ...(suspicion as Pick<Judge, 'isSuspect'>) };
}

/** Whether one of the checks has another result than the expected one, or throws. */
async function notices(judge: Judge, checks: readonly RecordedCheck[]): Promise<boolean> {
  for (const { written, expected } of checks) {
    try {
      const outcome = await judgeCheck(written, judge.judgeFacts);
      if (outcomeText(outcome, written.record, judge.isSuspect(outcome, written.record)) !== expected)
        return true;
    } catch {
      return true;
    }
  }
  return false;
}
