import { expect, test } from 'vitest';
import { comparePipelines } from './compare-pipelines.ts';

// test/full/random-pipelines.test.ts has more of them.
test('a naive judgement of random pipelines finds the same of the same messages at the same hops', async () => {
  expect(await comparePipelines(30)).toBe(30);
});
