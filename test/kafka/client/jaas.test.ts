import fc from 'fast-check';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { OperationalError } from '../../../src/errors.ts';
import { findRuntime } from '../../../src/kafka/broker/runtime.ts';
import { parseJaas } from '../../../src/kafka/client/jaas.ts';

const module = 'org.apache.kafka.common.security.plain.PlainLoginModule';

const table: [jaas: string, options: Record<string, string> | 'malformed'][] = [
  [`${module} required username="me" password="a\\"b";`, { username: 'me', password: 'a"b' }],
  [`${module} required username='KEY' password='SECRET';`, { username: 'KEY', password: 'SECRET' }],
  [`${module} required username=KEY password=SECRET;`, { username: 'KEY', password: 'SECRET' }],
  [`${module} Required\n  password=b\n  username = a ;`, { username: 'a', password: 'b' }],
  [
    `${module} required trust-password="x" username-file="y" username="z";`,
    { 'trust-password': 'x', 'username-file': 'y', username: 'z' },
  ],
  [`${module} required a='\\101\\t\\'"' /* b=c; */ d=e; // f`, { a: 'A\t\'"', d: 'e' }],
  [`${module} required username="a" username="b";`, { username: 'b' }],
  [`${module} required "user name"=x;`, { 'user name': 'x' }],
  [`${module} required url=http://x;`, 'malformed'],
  [`${module} required username="a" password="b"`, 'malformed'],
  [`${module} needed username="a";`, 'malformed'],
  [`${module} required password=a=b;`, 'malformed'],
  [`${module} required password=a;b;`, 'malformed'],
  [`${module} required; ${module} required;`, 'malformed'],
  [module, 'malformed'],
  ['', 'malformed'],
  ['/* all of it', 'malformed'],
];

test.each(table)('%s', (jaas, options) => {
  expect(read(jaas)?.options ?? 'malformed').toEqual(options);
});

/** Signs, and words with a meaning, equally often. */
const piece = fc.constantFrom(
  ...'"\'=;/ \\\n\r*-_.$a7\0\x7f\x80\x81\x9f\xa0\u0100'.split(''),
  ' required ',
  'X requisite ',
  'username=',
  'password="',
  "='",
  '\\8',
  '\\12',
  '\\777',
  '//',
  '/*',
  '*/',
  '";',
  'x=y ',
  'X OPTIONAL ',
  ';',
);

/** An option as users write them, with a piece of anything in its value. */
const option = fc
  .tuple(fc.constantFrom('username', 'pass-word', '"a b"'), fc.constantFrom('=', ' = ', '\n='), piece, piece)
  .chain(([name, sign, first, second]) =>
    fc.constantFrom(
      ...[`"${first}${second}"`, `'${first}${second}'`, `x${first}`].map(
        (value) => `${name}${sign}${value} `,
      ),
    ),
  );

test('nodrop reads thousands of random login modules like Kafka does', async () => {
  const random = fc.sample(fc.array(piece, { maxLength: 12 }), { seed: 1, numRuns: 3_000 });
  const options = fc.sample(fc.array(option, { maxLength: 3 }), { seed: 1, numRuns: 5_000 });
  const texts = [...random, ...options].map(
    (pieces, index) => (index % 4 === 0 ? '' : 'X required ') + pieces.join(''),
  );
  // Most random texts lack a semicolon at the end.
  const jaas = [...table.map(([text]) => text), ...texts, ...texts.map((text) => `${text};`)];
  const { java, env } = await findRuntime({});
  const answers = execFileSync(java.path, [join(import.meta.dirname, '../../fixtures/ReadJaas.java')], {
    input: jaas.map(hex).join('\n'),
    encoding: 'utf8',
    env: { ...process.env, ...env },
    maxBuffer: 64 * 1024 * 1024,
    stdio: ['pipe', 'pipe', 'ignore'],
  }).split('\n');
  const wrong = jaas
    .map((text, index) => ({ text, nodrop: asHex(text), java: answers[index] }))
    .filter((each) => each.nodrop !== each.java);
  expect(wrong.slice(0, 5)).toEqual([]);
  expect(answers.filter((answer) => answer === 'malformed').length).toBeGreaterThan(1000);
  expect(answers.filter((answer) => answer.includes('=')).length).toBeGreaterThan(1000);
});

test('no error repeats a piece of the text', () => {
  for (const [jaas] of table.filter(([, options]) => options === 'malformed')) {
    const secret = jaas.replace(/password=[^ ]*/, 'password=hunter2;hunter2;');
    expect(() => parseJaas(secret)).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining('hunter2') }),
    );
  }
});

function read(jaas: string): { className: string; options: Record<string, string> } | undefined {
  try {
    const { className, options } = parseJaas(jaas);
    return { className, options: Object.fromEntries(options) };
  } catch (error) {
    if (error instanceof OperationalError && error.code === 'usage') return undefined;
    throw error;
  }
}

const hex = (text: string): string => Buffer.from(text, 'utf16le').swap16().toString('hex');

/** In the form that the Java program prints. */
function asHex(jaas: string): string {
  const found = read(jaas);
  if (found === undefined) return 'malformed';
  const names = Object.keys(found.options).sort((a, b) => (a < b ? -1 : 1));
  return [hex(found.className), ...names.map((name) => `${hex(name)}=${hex(found.options[name]!)}`)].join(
    ' ',
  );
}
