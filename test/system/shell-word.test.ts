import { expect, test } from 'vitest';
import { dirOption } from '../../src/system/shell-word.ts';

test('a printed command names the folder of runs as one word, unless it is the default', () => {
  expect(dirOption('.nodrop')).toBe('');
  expect(dirOption('runs')).toBe(' --dir runs');
  expect(dirOption("Anna's runs")).toBe(` --dir 'Anna'\\''s runs'`);
});
