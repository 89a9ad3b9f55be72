/** Says which mutants no test has noticed. */
import { isDeepStrictEqual } from 'node:util';
import type { HarmlessMutant } from './harmless-mutants.ts';
import type { Mutant } from './mutants.ts';

export interface MutationRun {
  /** The folder in `src` of the files that were mutated. */
  folder: string;
  mutants: number;
  /** How many cases of which kind should have noticed, such as `300 histories`. */
  cases: string;
  survivors: readonly Mutant[];
  harmless: readonly HarmlessMutant[];
}

/** Prints the mutants that escaped. Returns whether there is none, and each that is listed as harmless is so. */
export function reportOf({ folder, mutants, cases, survivors, harmless }: MutationRun): boolean {
  const isHarmless = ({ file, before, after }: Mutant): boolean =>
    harmless.some((known) => known.file === file && known.before === before && known.after === after);
  const escaped = survivors.filter((mutant) => !isHarmless(mutant));
  const stale = harmless.filter(
    (known) =>
      !survivors.some(({ file, before, after }) => isDeepStrictEqual({ file, before, after }, pick(known))),
  );
  for (const { file, line, before, after } of escaped) {
    process.stdout.write(`src/${folder}/${file}.ts:${line}\n  - ${before}\n  + ${after}\n`);
  }
  for (const { file, before } of stale)
    process.stdout.write(`not harmless, or not there: ${file}.ts ${before}\n`);
  process.stdout.write(
    `${mutants} mutants, ${cases}: ${mutants - survivors.length} noticed, ${survivors.length - escaped.length} harmless, ${escaped.length} escaped\n`,
  );
  return escaped.length + stale.length === 0;
}

function pick({ file, before, after }: HarmlessMutant): HarmlessMutant {
  return { file, before, after };
}
