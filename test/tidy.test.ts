/** The rules of the house that a machine can check. */
import { readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '..');

const files = (folder: string): string[] =>
  readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)));

const sources = files('src');
const read = (file: string): string => readFileSync(join(root, file), 'utf8');
const importsOf = (file: string): string[] =>
  [...read(file).matchAll(/(?:from|import\()\s*'(\.[^']+)'/g)].map(([, path]) =>
    relative(root, join(root, dirname(file), path!)),
  );
/** The folder of `src/` that a file lies in or below; '' at the top. */
const folderOf = (file: string): string => file.split('/').slice(1, -1)[0] ?? '';

/** The lines of these files that match, as `file:line`. */
const matches = (among: readonly string[], pattern: RegExp): string[] =>
  among.flatMap((file) =>
    read(file)
      .split('\n')
      .flatMap((line, index) => (pattern.test(line) ? [`${file}:${index + 1} ${line.trim()}`] : [])),
  );

test('there are sources to look at', () => {
  expect(sources.length).toBeGreaterThan(30);
});

test('files are named after what they own', () => {
  const misnamed = sources.filter(
    (file) =>
      !/^[a-z][a-z0-9]*(-[a-z0-9]+)*(\.d)?\.ts$/.test(basename(file)) ||
      /^(utils?|helpers?|common|misc|manager|base)\.ts$/.test(basename(file)),
  );
  expect(misnamed).toEqual([]);
});

test('what reaches a terminal passes where it is made harmless', () => {
  const guarded = ['src/say.ts', 'src/cli/terminal.ts'];
  // Where lines of JSON leave as fast as they are taken; and nothing at all, to wait for what was written.
  const harmless = ['src/cli/export-command.ts', 'src/cli/main.ts'];
  const others = sources.filter((file) => ![...guarded, ...harmless].includes(file));
  expect(matches(others, /(stdout|stderr)\.write\(|console\./)).toEqual([]);
  expect(matches(sources, /print(Document)?\(.*JSON\.stringify|json: \(\) => JSON/)).toEqual([]);
});

/** The files at the top that wire the folders together. Everything else at the top imports no folder. */
const wiring = [
  'src/run.ts',
  'src/course.ts',
  'src/run-faults.ts',
  'src/run-chaos.ts',
  'src/claim-run.ts',
  'src/run-files.ts',
  'src/remove-run.ts',
  'src/run-watches.ts',
  'src/at-work.ts',
  'src/run-source.ts',
  'src/live-page.ts',
  'src/live-page-thread.ts',
  'src/run-pipeline.ts',
  'src/network-links.ts',
  'src/audit-run.ts',
  'src/report-page.ts',
  'src/explain-run.ts',
  'src/timelines-of-findings.ts',
  'src/self-test.ts',
  'src/live-self-test.ts',
  'src/tampering-self-test.ts',
  'src/index.ts',
];
/** Folders that look into others: the pipeline works with them, the evidence is read from them, the self-test spoils them. */
const mayImport: Record<string, string[]> = {
  pipeline: ['journal', 'kafka', 'ledger', 'stores'],
  evidence: ['journal', 'kafka', 'ledger', 'stores'],
  watch: ['journal', 'ledger'],
  chaos: ['faults'],
  'self-test': ['journal', 'kafka', 'ledger', 'pipeline', 'stores'],
};

function isAgainstTheGrain(file: string, imported: string): boolean {
  const folder = folderOf(file);
  const target = folderOf(imported);
  if (folder === 'cli') return false;
  if (wiring.includes(file)) return target === 'cli';
  return wiring.includes(imported) || !['', folder, ...(mayImport[folder] ?? [])].includes(target);
}

test('imports go one way: cli, run, folders, the files at the top', () => {
  const wrong = sources.flatMap((file) =>
    importsOf(file)
      .filter((imported) => isAgainstTheGrain(file, imported))
      .map((imported) => `${file} imports ${imported}`),
  );
  expect(wrong).toEqual([]);
});

test('the audit is pure: no input or output, no clock', () => {
  const impure = /from 'node:|Date\.now|new Date\b|performance\.|Math\.random|process\./;
  expect(matches(files('src/verify'), impure)).toEqual([]);
});

test('stdout and the exit belong to the command line', () => {
  const others = sources.filter((file) => folderOf(file) !== 'cli');
  expect(matches(others, /process\.exit\(|process\.stdout|console\./)).toEqual([]);
});

/** These ask for proof that a thing is nodrop's, or spoil a topic of their own. */
const removers = [
  'src/removal.ts',
  'src/kafka/remove-topic.ts',
  'src/kafka/groups.ts',
  'src/stores/postgres/drop-schema.ts',
  'src/self-test/spoil-topic.ts',
];

test('folders, topics, groups and schemas are removed in one place each, and no folder as a whole', () => {
  const others = sources.filter((file) => !removers.includes(file));
  expect(matches(others, /rmdir|deleteTopics\(|deleteGroups\(|\bDROP (SCHEMA|TABLE IF)|\bCASCADE\b/)).toEqual(
    [],
  );
  // A recursive removal takes files of somebody too; a recursive mkdir may never end.
  expect(matches(sources, /\b(rm|rmSync|mkdir|mkdirSync)\(.*recursive/)).toEqual([]);
});

test('nothing is left for later, and no test is narrowed or switched off', () => {
  const tests = files('test').filter((file) => file !== 'test/tidy.test.ts');
  expect(matches([...sources, ...tests], /\b(TODO|FIXME|XXX|HACK)\b/)).toEqual([]);
  expect(matches(tests, /\b(it|test|describe)\.(only|todo)\b/)).toEqual([]);
});
