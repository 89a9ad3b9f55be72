import { mkdirSync, mkdtempSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InvalidArgumentError } from 'commander';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { claimFiles, parseReporter, reportsOf, type Reporter } from '../../../src/cli/output/reporters.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'nodrop-test-'));
  vi.stubEnv('GITHUB_ACTIONS', undefined);
});
afterEach(() => vi.unstubAllEnvs());

const reporters = (...values: string[]): Reporter[] => values.map(parseReporter);
const claim = (values: string[], evidence: string[] = []): void =>
  claimFiles(reportsOf(reporters(...values)), evidence);

test('a reporter is parsed as a name with an optional file', () => {
  expect(reporters('default', 'json', 'junit=a=b.xml', 'github=./x')).toEqual([
    { name: 'default' },
    { name: 'json' },
    { name: 'junit', file: 'a=b.xml' },
    { name: 'github', file: './x' },
  ]);
});

test.each(['', 'xml', 'JSON', 'junit=', '=a.xml', 'junit:a.xml', ' junit'])(
  'reporter %j is refused',
  (value) => {
    expect(() => parseReporter(value)).toThrow(InvalidArgumentError);
  },
);

test('the reporter without a file goes to stdout; without such a one, the default reporter does', () => {
  expect(reportsOf()).toEqual({ onStdout: 'default', files: [], isAnnotated: false });
  expect(reportsOf(reporters('junit=a.xml'))).toMatchObject({
    onStdout: 'default',
    files: [{ name: 'junit', file: 'a.xml' }],
  });
  expect(reportsOf(reporters('junit')).onStdout).toBe('junit');
  expect(reportsOf([], true).onStdout).toBe('json');
  expect(reportsOf(reporters('json'), true).onStdout).toBe('json');
  expect(reportsOf(reporters('default=a', 'json=b'), true).onStdout).toBe('json');
});

test('two reporters on stdout are refused', () => {
  expect(() => reportsOf(reporters('default', 'json'))).toThrow('Only one reporter can go to stdout');
  expect(() => reportsOf(reporters('junit', 'junit'))).toThrow('Only one reporter can go to stdout');
  expect(() => reportsOf(reporters('default'), true)).toThrow('there are default and json');
});

test('on GitHub there are annotations, unless a github reporter was given', () => {
  vi.stubEnv('GITHUB_ACTIONS', 'true');
  expect(reportsOf(reporters('json')).isAnnotated).toBe(true);
  expect(reportsOf(reporters('github')).isAnnotated).toBe(false);
  expect(reportsOf(reporters('github=a')).isAnnotated).toBe(false);
});

test('claimFiles creates or empties the files of reports', () => {
  const [left, fresh] = [join(dir, 'left.xml'), join(dir, 'fresh.json')];
  writeFileSync(left, '<testsuites/>');
  claim([`junit=${left}`, `json=${fresh}`, 'github=/dev/null']);
  expect([readFileSync(left, 'utf8'), readFileSync(fresh, 'utf8')]).toEqual(['', '']);
});

test('a report file that cannot be written is refused, and no file is changed', () => {
  const file = join(dir, 'a.xml');
  const kept = join(dir, 'kept.json');
  writeFileSync(file, 'a');
  writeFileSync(kept, 'kept');
  mkdirSync(join(dir, 'runs', 'demo'), { recursive: true });
  symlinkSync(dir, join(dir, 'link'));
  const wrong: [string, string, string[]?][] = [
    [join(dir, 'none', 'a.xml'), 'there is no folder'],
    [join(file, 'a.xml'), 'there is no folder'],
    [dir, 'that is a folder'],
    [`${join(dir, 'new')}/`, 'that is a folder'],
    [kept, 'Two reports would go to'],
    [join(dir, 'link', 'kept.json'), 'Two reports would go to'],
    [join(dir, 'runs', 'demo', 'result.json'), 'to the evidence in', [join(dir, 'runs')]],
    [join(dir, 'link', 'a.xml'), 'to the evidence in', [file]],
    [join(dir, 'store.sqlite'), 'to the evidence in', [join(dir, 'store.sqlite')]],
  ];
  for (const [path, message, evidence] of wrong) {
    expect(() => claim([`json=${kept}`, `junit=${path}`], evidence), path).toThrow(message);
  }
  expect([readFileSync(file, 'utf8'), readFileSync(kept, 'utf8')]).toEqual(['a', 'kept']);
});
