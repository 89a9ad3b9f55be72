/** What the documents promise about themselves and about the code. Their links are looked at in `tidy.test.ts`. */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '..');
const read = (file: string): string => readFileSync(join(root, file), 'utf8');

test.each(['README.md', 'docs/design/architecture.md'])('%s has at most 250 lines', (file) => {
  expect(read(file).trimEnd().split('\n').length).toBeLessThanOrEqual(250);
});

test('the README has the chapters that others link to', () => {
  const chapters = [...read('README.md').matchAll(/^## (.*)$/gm)].map(([, title]) => title);
  const wanted = ['Solution Overview', 'Getting Started', 'Running the Tests', 'Contributing', 'License'];
  expect(chapters).toEqual(expect.arrayContaining(wanted));
});

test('pictures are small', () => {
  const pictures = ['README.md', 'docs/guide/live-page.md'].flatMap((file) =>
    [...read(file).matchAll(/!\[.*?\]\((.*?)\)/g)].map(([, path]) => join(root, file, '..', path!)),
  );
  expect(pictures.length).toBeGreaterThan(0);
  for (const path of pictures) expect(statSync(path).size, path).toBeLessThan(150 * 1024);
});

/** The rules that span rooms, each as one line. */
const [, rulesText] = read('docs/design/architecture.md').split('## Rules that span rooms');
const rules = rulesText!
  .split(/^- /m)
  .slice(1)
  .map((rule) => rule.replaceAll(/\s+/g, ' '))
  .map((rule): [name: string, rule: string] => [/^\*\*(.*?)\*\*/.exec(rule)![1]!, rule]);
/** File and what must stand in it. */
type Claim = [file: string, text: string];
const claimsOf = (rule: string, pattern: RegExp): Claim[] =>
  [...rule.matchAll(pattern)].map(([, file, text]) => [file!, text!]);

test.each(rules)('place and test of the rule are there: %s', (_, rule) => {
  const places = claimsOf(rule, /`(src\/\S+\.ts)` `([^`]+)`/g);
  const tests = claimsOf(rule, /`(test\/\S+\.test\.ts)` "([^"]+)"/g);
  expect([places.length, tests.length].every((count) => count > 0)).toBe(true);
  const missing = [...places, ...tests].filter(
    ([file, text]) => !existsSync(join(root, file)) || !read(file).includes(text),
  );
  expect(missing).toEqual([]);
});

test('there are rules to look at', () => {
  expect(rules.length).toBeGreaterThan(20);
});
