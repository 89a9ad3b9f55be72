import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { kcatCommand } from '../../src/explain/kcat-command.ts';
import { shellWord } from '../../src/system/shell-word.ts';

/** The words into which a real shell splits a text. */
const wordsOf = (text: string): string[] =>
  execFileSync('sh', ['-c', `printf '%s\\0' ${text}`], { encoding: 'utf8' })
    .split('\0')
    .slice(0, -1);

test('a shell splits the kcat command into the intended arguments', () => {
  const record = { bootstrapServers: 'a:1,b:2', topic: 'nodrop-demo', partition: 1, offset: 42 };
  const format = String.raw`offset %o, time stamp %T\nheaders: %h\nkey: %k\n%s\n`;
  const show = ['kcat', '-C', '-b', 'a:1,b:2', '-t', 'nodrop-demo', '-p', '1', '-o', '42', '-c', '1', '-e'];
  expect(wordsOf(kcatCommand({ ...record, isAborted: false }))).toEqual([...show, '-f', format]);
  expect(wordsOf(kcatCommand({ ...record, isAborted: true }))).toEqual([
    ...show,
    '-X',
    'isolation.level=read_uncommitted',
    '-f',
    format,
  ]);
});

test('a shell reads any quoted text as one word', () => {
  const text = fc.string({ unit: 'grapheme' }).filter((word) => !word.includes('\0') && word.isWellFormed());
  fc.assert(
    fc.property(fc.array(text, { minLength: 1, maxLength: 10 }), (words) => {
      expect(wordsOf(words.map(shellWord).join(' '))).toEqual(words);
    }),
    { numRuns: 30 },
  );
  expect(wordsOf(["it's", '$HOME `id`', ''].map(shellWord).join(' '))).toEqual(["it's", '$HOME `id`', '']);
});
