import fc from 'fast-check';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { findJava } from '../../../src/kafka/broker/java.ts';
import { propertiesText } from '../../../src/kafka/broker/properties-text.ts';
import { parseProperties } from '../../../src/kafka/client/parse-properties.ts';

const read = (text: string): Record<string, string> =>
  Object.fromEntries(parseProperties(text, 'file').map(({ name, value }) => [name, value]));

const usage = (message: string): unknown => expect.objectContaining({ code: 'usage', message });

test.each<[text: string, properties: Record<string, string>]>([
  ['# old path C:\\certs\\\nsecurity.protocol=SSL', { 'security.protocol': 'SSL' }],
  ['! a\\\n\f\t b : c ', { b: 'c ' }],
  ['a=1\\\\\nb=2\\\\\\\n  3', { a: '1\\', b: '2\\3' }],
  ['a\\=\\:\\ b=\\u00e9\\t\\q', { 'a=: b': 'é\tq' }],
  ['a\r\nb\rc', { a: '', b: '', c: '' }],
  ['=x', { '': 'x' }],
  ['a = = b', { a: '= b' }],
])('%j', (text, properties) => {
  expect(read(text)).toEqual(properties);
});

test('a malformed escape is an error with file and line', () => {
  const message = 'file, line 3: \\u is not followed by four hexadecimal digits.';
  expect(() => read('a=1\n\nb=C:\\users\n')).toThrow(usage(message));
});

test('lines count from 1, and a continued line has the number of its first', () => {
  const lines = parseProperties('# x\r\na=1\\\r\n2\rb=3\n\nc=4', 'file').map(({ name, line }) => [
    name,
    line,
  ]);
  expect(lines).toEqual([
    ['a', 2],
    ['b', 4],
    ['c', 6],
  ]);
});

/** Characters with a meaning in properties files, and others without one, equally often. */
const piece = fc.constantFrom(
  '\\',
  '\\',
  '\\',
  '\n',
  '\n',
  ...'\r#!=: \t\funaB7\u00e9\0\u0085\u00a0\v'.split(''),
  '\r\n',
  '\\u0041',
  '\\u00zz',
  '\\uD83d',
  '\\u',
);

test('nodrop reads thousands of random properties files like Java does', async () => {
  const { path } = await findJava();
  const files = fc.sample(fc.array(piece, { maxLength: 14 }), { seed: 1, numRuns: 20_000 });
  const texts = files.map((pieces) => pieces.join(''));
  const program = join(import.meta.dirname, '../../fixtures/ReadProperties.java');
  const answers = execFileSync(path, [program], {
    input: texts.map((text) => Buffer.from(text, 'latin1').toString('hex')).join('\n'),
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  }).split('\n');
  const wrong = texts.filter((text, index) => asHex(text) !== answers[index]).map((text) => ({ text }));
  expect(wrong).toEqual([]);
  expect(answers.filter((answer) => answer === 'malformed').length).toBeGreaterThan(1000);
});

test('the properties that nodrop writes for a broker are read back unchanged', () => {
  const text = fc.string({ unit: 'binary', maxLength: 20 });
  fc.assert(
    fc.property(fc.dictionary(text, text), (properties) => {
      expect(read(propertiesText(properties))).toEqual({ ...properties });
    }),
    { seed: 1 },
  );
});

/** In the form that the Java program prints. */
function asHex(text: string): string {
  let properties: Record<string, string>;
  try {
    properties = read(text);
  } catch {
    return 'malformed';
  }
  const hex = (word: string): string => Buffer.from(word, 'utf16le').swap16().toString('hex');
  return Object.keys(properties)
    .sort((a, b) => (a < b ? -1 : 1))
    .map((name) => `${hex(name)}=${hex(properties[name]!)} `)
    .join('');
}
