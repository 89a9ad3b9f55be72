/** What nodrop leaves out of two libraries is there to be left out, and nothing that they do depends on it. */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { Ajv2020 } from '../../../src/cli/startup/stubs/ajv.ts';

const program = join(import.meta.dirname, '../../fixtures/load-libraries.ts');
const unaskedWith = (env: Record<string, string>): string[] =>
  JSON.parse(
    execFileSync(process.execPath, ['--disable-warning=ExperimentalWarning', program], {
      encoding: 'utf8',
      env: { ...process.env, ...env },
    }),
  ) as string[];

const client = dirname(fileURLToPath(import.meta.resolve('@platformatic/kafka')));
/** The sources of the client, but for the schema registry, which is left out whole. */
const sources = readdirSync(client, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.js') && !name.startsWith('registries'))
  .map((name) => readFileSync(join(client, name), 'utf8'));
const inSources = (pattern: RegExp): string[] =>
  [...new Set(sources.flatMap((text) => [...text.matchAll(pattern)].map(([, found]) => found!)))].sort();

test('each module that is replaced is one that a library still imports', () => {
  expect(unaskedWith({})).toEqual([]);
});

test('switched off, nothing is replaced', () => {
  expect(unaskedWith({ NODROP_PLAIN_IMPORTS: '1' }).length).toBe(5);
});

test('the client asks of its validators what the one in their place can do', () => {
  // The texts of errors are asked for where a validator has found one.
  expect(inSources(/\bajv\.(\w+)/g)).toEqual(['addKeyword', 'compile', 'errorsText']);
  expect(Object.getOwnPropertyNames(Ajv2020.prototype).sort()).toEqual([
    'addKeyword',
    'compile',
    'constructor',
  ]);
});

test('no validator of the client changes what it is given', () => {
  expect(inSources(/new Ajv2020\((.*?)\)/g)).toEqual([
    '{ allErrors: true, coerceTypes: false, strict: true }',
  ]);
  expect(inSources(/\b(useDefaults|removeAdditional|transform)\b\s*:/g)).toEqual([]);
});
