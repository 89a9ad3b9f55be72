/** The rules of the house that a machine can check. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { expect, test } from 'vitest';

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
  const guarded = ['src/text/say.ts', 'src/cli/output/terminal.ts'];
  // Where lines of JSON leave as fast as they are taken; and nothing at all, to wait for what was written.
  const harmless = ['src/cli/commands/export-command.ts', 'src/cli/main.ts'];
  const others = sources.filter((file) => ![...guarded, ...harmless].includes(file));
  expect(matches(others, /(stdout|stderr)\.write\(|console\./)).toEqual([]);
  expect(matches(sources, /print(Document)?\(.*JSON\.stringify|json: \(\) => JSON/)).toEqual([]);
});

/** The rooms of `src/`, from the floor to the roof: each imports those before it, and itself. */
const rooms = [
  'system',
  'text',
  'workload',
  'result',
  'kafka',
  'stores',
  'run-folder',
  'faults',
  'audit',
  'pipeline',
  'watch',
  'explain',
  'self-test',
  'report',
  'chaos',
  'page',
  'run',
  'cli',
];
/** `errors.ts` lies below all rooms, and what the package exports above them. */
const floorOf = (file: string): number =>
  file === 'src/errors.ts' ? -1 : file === 'src/index.ts' ? rooms.length : rooms.indexOf(folderOf(file));

test('every file lies in a room', () => {
  expect(new Set(sources.map(folderOf))).toEqual(new Set(['', ...rooms]));
  expect(sources.filter((file) => folderOf(file) === '').sort()).toEqual(['src/errors.ts', 'src/index.ts']);
});

test('imports go down', () => {
  const wrong = sources.flatMap((file) =>
    importsOf(file)
      .filter((imported) => imported.startsWith('src/') && floorOf(imported) > floorOf(file))
      .map((imported) => `${file} imports ${imported}`),
  );
  expect(wrong).toEqual([]);
});

test('what plants defects is loaded where a test asks for it, and nowhere else', () => {
  const importers = sources.filter(
    (file) => folderOf(file) !== 'self-test' && /from '.*self-test\/sabotage\//.test(read(file)),
  );
  expect(importers).toEqual([]);
  expect(matches(sources, /import\('.*self-test\/sabotage\//).map((line) => line.split(':')[0])).toEqual([
    'src/cli/startup/load-seams.ts',
  ]);
});

test('what speaks to Kafka imports the system alone', () => {
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

test('a file is known by its name; the two kinds of store alone have the same parts', () => {
  const names = sources
    .filter((file) => !/^src\/stores\/(sqlite|postgres)\//.test(file))
    .map((file) => basename(file));
  expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
});

test('no file is there that nothing imports', () => {
  // Where nodrop begins, and what the published schema of histories is made by.
  const begun = ['src/index.ts', 'src/cli/main.ts', 'src/audit/history/line-schema.ts'];
  // Threads and modules in another's place are named without their ending.
  const named = sources.flatMap((file) =>
    [...read(file).matchAll(/['`]((?:\.\/)?[\w./-]+?)(?:\$\{[^}]*\})?['`]/g)].map(([, path]) =>
      relative(root, join(root, dirname(file), `${path}.ts`)),
    ),
  );
  const imported = new Set([...begun, ...[...sources, ...files('ui')].flatMap(importsOf), ...named]);
  const dead = sources.filter((file) => !file.endsWith('.d.ts') && !imported.has(file));
  expect(dead).toEqual([]);
});

test('the audit is pure: no input or output, no clock', () => {
  const impure = /from 'node:|Date\.now|new Date\b|performance\.|Math\.random|process\./;
  expect(matches(files('src/audit/judge'), impure)).toEqual([]);
});

test('stdout and the exit belong to the command line', () => {
  const others = sources.filter((file) => folderOf(file) !== 'cli');
  expect(matches(others, /process\.exit\(|process\.stdout|console\./)).toEqual([]);
});

/** These ask for proof that a thing is nodrop's, or spoil a topic of their own. */
const removers = [
  'src/system/removal.ts',
  'src/kafka/client/remove-topic.ts',
  'src/kafka/client/groups.ts',
  'src/stores/postgres/drop-schema.ts',
  'src/self-test/live/damage-topic.ts',
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

const documents = [
  'README.md',
  'CONTRIBUTING.md',
  'CHANGELOG.md',
  ...['docs', 'examples', 'test/fixtures'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.md'))
      .map((name) => `${folder}/${name}`),
  ),
];

test('every relative link in the documents leads to something', () => {
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

/** A document without its examples: a comment of a shell is no heading. */
const proseOf = (file: string): string => read(file).replaceAll(/^```.*?^```/gms, '');

/** As GitHub makes them. */
const anchorOf = (title: string): string =>
  title
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
    .trim()
    .replaceAll(/\s/g, '-');

/** Words that make readers stop, and how often they are still there: fewer from one change to the next, never more. */
const wordsLeft: Record<string, number> = {
  anew: 0,
  befell: 0,
  'in the midst': 0,
  whoever: 4,
  whatever: 10,
  nobody: 32,
  somebody: 5,
};

test('words that make readers stop become fewer', () => {
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
