/** The rules of the repository that a machine can check. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { expect, test } from 'vitest';
import { slowTests } from './fixtures/slow-tests.ts';

const root = join(import.meta.dirname, '..');

const files = (folder: string): string[] =>
  readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)));

const sources = files('src');
const read = (file: string): string => readFileSync(join(root, file), 'utf8');
const importsOf = (file: string): string[] =>
  [...read(file).matchAll(/(?:from|import|import\(|new URL\()\s*'(\.[^']+)'/g)].map(([, path]) =>
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

test('the checks find source files', () => {
  expect(sources.length).toBeGreaterThan(30);
});

test('file names are kebab-case and specific', () => {
  const misnamed = sources.filter(
    (file) =>
      !/^[a-z][a-z0-9]*(-[a-z0-9]+)*(\.d)?\.ts$/.test(basename(file)) ||
      /^(utils?|helpers?|common|misc|manager|base)\.ts$/.test(basename(file)),
  );
  expect(misnamed).toEqual([]);
});

test('only the guarded modules write to a terminal', () => {
  const guarded = ['src/text/say.ts', 'src/cli/output/terminal.ts'];
  // The first writes lines of JSON as fast as they are read; the second writes nothing, to wait for earlier writes.
  const harmless = ['src/cli/commands/export-command.ts', 'src/cli/main.ts'];
  const others = sources.filter((file) => ![...guarded, ...harmless].includes(file));
  expect(matches(others, /(stdout|stderr)\.write\(|console\./)).toEqual([]);
  expect(matches(sources, /print(Document)?\(.*JSON\.stringify|json: \(\) => JSON/)).toEqual([]);
});

/** The rooms of `src/`, from the lowest to the highest: each imports only itself and those before it. */
const rooms = [
  'system',
  'text',
  'workload',
  'result',
  'kafka',
  'values',
  'stores',
  'sinks',
  'run-folder',
  'faults',
  'config',
  'processes',
  'audit',
  'sources',
  'check',
  'proof',
  'pipeline',
  'watch',
  'explain',
  'self-test',
  'report',
  'chaos',
  'page',
  'run',
  'matchers',
  'cli',
];
/** `errors.ts` is below all rooms, and `index.ts` above them. */
const floorOf = (file: string): number =>
  file === 'src/errors.ts' ? -1 : file === 'src/index.ts' ? rooms.length : rooms.indexOf(folderOf(file));

test('every source file is in a room', () => {
  expect(new Set(sources.map(folderOf))).toEqual(new Set(['', ...rooms]));
  expect(sources.filter((file) => folderOf(file) === '').sort()).toEqual(['src/errors.ts', 'src/index.ts']);
});

test('no room imports from a higher one', () => {
  const wrong = sources.flatMap((file) =>
    importsOf(file)
      .filter((imported) => imported.startsWith('src/') && floorOf(imported) > floorOf(file))
      .map((imported) => `${file} imports ${imported}`),
  );
  expect(wrong).toEqual([]);
});

test('the code that plants defects is loaded in one place only', () => {
  const importers = sources.filter(
    (file) => folderOf(file) !== 'self-test' && /from '.*self-test\/sabotage\//.test(read(file)),
  );
  expect(importers).toEqual([]);
  expect(matches(sources, /import\('.*self-test\/sabotage\//).map((line) => line.split(':')[0])).toEqual([
    'src/cli/startup/load-seams.ts',
  ]);
});

test('kafka/ imports only system/ and errors.ts', () => {
  const others = files('src/kafka').flatMap((file) =>
    importsOf(file).filter((imported) => !/^src\/(errors\.ts|kafka\/|system\/)/.test(imported)),
  );
  expect(others.filter((imported) => imported.startsWith('src/'))).toEqual([]);
});

test('every room has a line in docs/design/architecture.md', () => {
  const [, section] = /^## Rooms$(.*?)^#/ms.exec(read('docs/design/architecture.md'))!;
  const told = [...section!.matchAll(/^\| `([\w-]+)\/` \|/gm)].map(([, room]) => room!);
  expect(told).toEqual(rooms.toReversed());
});

test('no two source files have the same name, except in kinds of stores and of sinks', () => {
  const names = sources
    .filter((file) => !/^src\/(stores|sinks)\/\w+\//.test(file))
    .map((file) => basename(file));
  expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
});

test('every source file is imported or is an entry point', () => {
  // The entry points of nodrop and of its package, and the generator of the published schema of histories.
  const begun = [
    'src/index.ts',
    'src/cli/main.ts',
    'src/audit/history/line-schema.ts',
    'src/matchers/vitest.ts',
    'src/matchers/jest.ts',
  ];
  // Threads and modules that replace another are named without their extension.
  const named = sources.flatMap((file) =>
    [...read(file).matchAll(/['`]((?:\.\/)?[\w./-]+?)(?:\$\{[^}]*\})?['`]/g)].map(([, path]) =>
      relative(root, join(root, dirname(file), `${path}.ts`)),
    ),
  );
  const imported = new Set([...begun, ...[...sources, ...files('ui')].flatMap(importsOf), ...named]);
  const dead = sources.filter((file) => !file.endsWith('.d.ts') && !imported.has(file));
  expect(dead).toEqual([]);
});

test('the judge of the audit is pure: it has no input, output or clock', () => {
  const impure = /from 'node:|Date\.now|new Date\b|performance\.|Math\.random|process\./;
  expect(matches(files('src/audit/judge'), impure)).toEqual([]);
});

test('only cli/ uses stdout, and only cli/ exits the process', () => {
  const others = sources.filter((file) => folderOf(file) !== 'cli');
  expect(matches(others, /process\.exit\(|process\.stdout|console\./)).toEqual([]);
});

/** These require proof that a resource belongs to nodrop, or damage a topic that they created. */
const removers = [
  'src/system/removal.ts',
  'src/kafka/client/remove-topic.ts',
  'src/kafka/client/groups.ts',
  'src/stores/postgres/drop-schema.ts',
  'src/self-test/live/damage-topic.ts',
];

test('folders, topics, groups and schemas are removed in one place each, and no folder recursively', () => {
  const others = sources.filter((file) => !removers.includes(file));
  expect(matches(others, /rmdir|deleteTopics\(|deleteGroups\(|\bDROP (SCHEMA|TABLE IF)|\bCASCADE\b/)).toEqual(
    [],
  );
  // A recursive removal also removes files of other programs; a recursive mkdir may never end.
  expect(matches(sources, /\b(rm|rmSync|mkdir|mkdirSync)\(.*recursive/)).toEqual([]);
});

test('no source has a TODO, and no test is narrowed with only or left as todo', () => {
  const tests = files('test').filter((file) => file !== 'test/tidy.test.ts');
  expect(matches([...sources, ...tests], /\b(TODO|FIXME|XXX|HACK)\b/)).toEqual([]);
  expect(matches(tests, /\b(it|test|describe)\.(only|todo)\b/)).toEqual([]);
});

const documents = [
  'README.md',
  'CONTRIBUTING.md',
  'CHANGELOG.md',
  ...['docs', 'examples', 'test/fixtures'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.md') && !/node_modules|\.venv/.test(name))
      .map((name) => `${folder}/${name}`),
  ),
];

test('every relative link in the documents leads to an existing file and heading', () => {
  const dead = documents.flatMap((file) => {
    const links = [...proseOf(file).matchAll(/\]\((?!https?:|mailto:)([^)\s]+)\)/g)].map(([, link]) => link!);
    return links.filter((link) => !leadsSomewhere(file, link)).map((link) => `${file}: ${link}`);
  });
  expect(dead).toEqual([]);
});

function leadsSomewhere(file: string, link: string): boolean {
  const [path, heading] = link.split('#') as [string, string | undefined];
  const target = path === '' ? file : join(dirname(file), path);
  if (!existsSync(join(root, target))) return false;
  if (heading === undefined || !target.endsWith('.md')) return true;
  const headings = [...proseOf(target).matchAll(/^#+ (.*)$/gm)].map(([, title]) => anchorOf(title!));
  return headings.includes(heading);
}

/** A document without its examples, in which a shell comment is not a heading. */
const proseOf = (file: string): string => read(file).replaceAll(/^```.*?^```/gms, '');

/** The anchor of a heading on GitHub. */
const anchorOf = (title: string): string =>
  title
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
    .trim()
    .replaceAll(/\s/g, '-');

/** Words that make readers stop, and how often they are still used. The numbers may only go down. */
const wordsLeft: Record<string, number> = {
  anew: 0,
  befell: 0,
  'in the midst': 0,
  whoever: 4,
  whatever: 9,
  nobody: 24,
  somebody: 5,
};

test('the counts of words that make readers stop are exact, and only go down', () => {
  const prose = documents.filter(
    (name) => /^(docs\/|README|CONTRIBUTING)/.test(name) && name !== 'docs/contributing/style.md',
  );
  const texts = [...sources, ...files('ui'), ...prose].map(read).join('\n');
  const counts = Object.keys(wordsLeft).map((word) => [
    word,
    [...texts.matchAll(new RegExp(`\\b${word.replaceAll(' ', '\\s+')}\\b`, 'gi'))].length,
  ]);
  expect(Object.fromEntries(counts)).toEqual(wordsLeft);
});

test('the list of slow tests only gets shorter', () => {
  expect(Object.values(slowTests).flat()).toHaveLength(35);
});
