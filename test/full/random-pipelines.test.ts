import { expect, test } from 'vitest';
import { comparePipelines } from '../proof/compare-pipelines.ts';

test('a naive judgement of a thousand random pipelines finds the same of the same messages at the same hops', async () => {
  expect(await comparePipelines(1_000)).toBe(1_000);
}, 600_000);
