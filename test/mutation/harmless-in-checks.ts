/** Mutants of the judge of checks that change no verdict, by the reason. */
import type { HarmlessMutant } from './harmless-mutants.ts';

const byReason: Record<string, readonly HarmlessMutant[]> = {};

export const harmlessInChecks: readonly HarmlessMutant[] = Object.values(byReason).flat();
