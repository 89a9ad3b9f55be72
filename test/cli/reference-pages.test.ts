/** The reference pages agree with the commands and options in commander. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { exitCodes } from '../../src/errors.ts';
import { commandsPage, optionsPage } from './reference-pages.ts';

const folder = join(import.meta.dirname, '../../docs/reference');
const update =
  'Run npx vitest run --project unit test/cli/reference-pages.test.ts --update, and commit the page';

test.each([
  ['commands.md', commandsPage],
  ['options.md', optionsPage],
])('docs/reference/%s agrees with the code', async (name, made) => {
  await expect(made(), update).toMatchFileSnapshot(join(folder, name));
});

test('docs/reference/exit-codes.md has every code', () => {
  const text = readFileSync(join(folder, 'exit-codes.md'), 'utf8');
  const told = [...text.matchAll(/^\| ([\d, ]+) \|/gm)].flatMap(([, codes]) =>
    codes!.split(', ').map(Number),
  );
  expect(told).toEqual(Object.values(exitCodes));
});
