/** Promises of the documents about themselves and about the code. `tidy.test.ts` checks their links. */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '..');
const read = (file: string): string => readFileSync(join(root, file), 'utf8');

test.each(['README.md', 'docs/design/architecture.md'])('%s has at most 250 lines', (file) => {
  expect(read(file).trimEnd().split('\n').length).toBeLessThanOrEqual(250);
});

test('the README has the chapters to which other pages link', () => {
  const chapters = [...read('README.md').matchAll(/^## (.*)$/gm)].map(([, title]) => title);
  const wanted = ['Solution Overview', 'Getting Started', 'Running the Tests', 'Contributing', 'License'];
  expect(chapters).toEqual(expect.arrayContaining(wanted));
});

test('pictures in the documents are smaller than 150 KiB', () => {
  const pictures = ['README.md', 'docs/guide/live-page.md'].flatMap((file) =>
    [...read(file).matchAll(/!\[.*?\]\((.*?)\)/g)].map(([, path]) => join(root, file, '..', path!)),
  );
  expect(pictures.length).toBeGreaterThan(0);
  for (const path of pictures) expect(statSync(path).size, path).toBeLessThan(150 * 1024);
});

/** The rules that span rooms, each in one line. */
const rules = read('docs/design/rules.md')
  .split(/^- /m)
  .slice(1)
  .map((rule) => rule.replaceAll(/\s+/g, ' '))
  .map((rule): [name: string, rule: string] => [/^\*\*(.*?)\*\*/.exec(rule)![1]!, rule]);
/** A file and a text that it must contain. */
type Claim = [file: string, text: string];
const claimsOf = (rule: string, pattern: RegExp): Claim[] =>
  [...rule.matchAll(pattern)].map(([, file, text]) => [file!, text!]);

test.each(rules)('the places and tests that a rule names exist: %s', (_, rule) => {
  const places = claimsOf(rule, /`(src\/\S+\.ts)` `([^`]+)`/g);
  const tests = claimsOf(rule, /`(test\/\S+\.test\.ts)` "([^"]+)"/g);
  expect([places.length, tests.length].every((count) => count > 0)).toBe(true);
  const missing = [...places, ...tests].filter(
    ([file, text]) => !existsSync(join(root, file)) || !read(file).includes(text),
  );
  expect(missing).toEqual([]);
});

test('the architecture document has rules that can be checked', () => {
  expect(rules.length).toBeGreaterThan(20);
});
