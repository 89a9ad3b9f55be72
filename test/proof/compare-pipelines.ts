import fc from 'fast-check';
import { expect } from 'vitest';
import { judgePipeline } from './made-pipeline.ts';
import { naivePipeline, type NaiveFinding } from './naive-pipeline.ts';
import { randomPipelines } from './random-pipelines.ts';

const textOf = ({
  hop,
  kind,
  blame,
  id,
}: Pick<NaiveFinding, 'kind' | 'blame'> & { hop?: string; id?: string }): string =>
  `${hop}: ${kind} ${blame} ${id}`;

/** Judges this many random pipelines, and compares each verdict and all findings with the naive judgement. Returns how many agreed. */
export async function comparePipelines(runs: number): Promise<number> {
  let agreed = 0;
  await fc.assert(
    fc.asyncProperty(randomPipelines, async (made) => {
      const { result, found } = await judgePipeline(made);
      const naive = naivePipeline(made);
      expect({ verdict: result.verdict, found: found.map(textOf).sort() }).toEqual({
        verdict: naive.verdict,
        found: naive.findings.map(textOf).sort(),
      });
      agreed += 1;
    }),
    { numRuns: runs },
  );
  return agreed;
}
