/** nodrop replaces some modules of two libraries: the libraries still import them, and do not depend on their work. */
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
/** The sources of the client, without the schema registry, which is replaced as a whole. */
const sources = readdirSync(client, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.js') && !name.startsWith('registries'))
  .map((name) => readFileSync(join(client, name), 'utf8'));
const inSources = (pattern: RegExp): string[] =>
  [...new Set(sources.flatMap((text) => [...text.matchAll(pattern)].map(([, found]) => found!)))].sort();

test('each replaced module is still imported by a library', () => {
  expect(unaskedWith({})).toEqual([]);
});

test('with NODROP_PLAIN_IMPORTS no module is replaced', () => {
  expect(unaskedWith({ NODROP_PLAIN_IMPORTS: '1' }).length).toBe(5);
});

test('the client uses only those methods of its validators that the replacement has', () => {
  // `errorsText` is called only after a validator has found an error.
  expect(inSources(/\bajv\.(\w+)/g)).toEqual(['addKeyword', 'compile', 'errorsText']);
  expect(Object.getOwnPropertyNames(Ajv2020.prototype).sort()).toEqual([
    'addKeyword',
    'compile',
    'constructor',
  ]);
});

test('no validator of the client changes its input', () => {
  expect(inSources(/new Ajv2020\((.*?)\)/g)).toEqual([
    '{ allErrors: true, coerceTypes: false, strict: true }',
  ]);
  expect(inSources(/\b(useDefaults|removeAdditional|transform)\b\s*:/g)).toEqual([]);
});
